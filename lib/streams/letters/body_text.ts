import { writeValue } from "../../border/write_value.ts";
import { isOwnText } from "../body.ts";
import type { StreamRecord } from "../stream.ts";

const SHORT_LETTERS = 200;
const SHORT_BYTES = 4_000; // enough for so many letters of any script

/**
 * The body of a record for people: in short on one line, or whole, JSON with a line for each field; what JSON has no word for is shown as it
 * travels. Bytes that are text are shown as text.
 */
export function bodyText(
  { body, headers, bytes }: Pick<StreamRecord, "body" | "headers"> & { readonly bytes?: Uint8Array | undefined },
  { isWhole = false } = {},
): string {
  if (body instanceof Uint8Array) return isWhole ? textOfBytes(body) : textOfBytes(body.subarray(0, SHORT_BYTES), body);
  if (isOwnText(body, headers.get("content-type"))) return shorten(body, isWhole);
  if (isWhole) return JSON.stringify(bodyJson(body), undefined, 2);
  const text = bytes === undefined ? JSON.stringify(bodyJson(body)) : decode(bytes.subarray(0, SHORT_BYTES));
  return shorten(text, isWhole);
}

/** A body as JSON: as it travels. */
export function bodyJson(body: unknown): unknown {
  return JSON.parse(writeValue(body, "show the body").text);
}

function textOfBytes(bytes: Uint8Array, { length } = bytes): string {
  const text = decode(bytes);
  if (!/[^\P{Cc}\s]|\ufffd[^]/u.test(text)) return text;
  return `${length} bytes: ${bytes.subarray(0, bytes.length === length ? length : SHORT_LETTERS).toHex()}`;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function shorten(text: string, isWhole: boolean): string {
  return isWhole ? text : text.slice(0, SHORT_LETTERS + 1);
}
