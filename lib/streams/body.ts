import { hasOwnNames, isPlainView } from "../border/own_names.ts";
import { isLevadaJson, LEVADA_JSON } from "../border/levada_json.ts";
import { readValue } from "../border/read_value.ts";
import { writeValue, type WrittenValue } from "../border/write_value.ts";
import { describeThrown, StreamError } from "../errors.ts";
import { NO_VALUE } from "./record_headers.ts";

/** A body as it travels. */
export interface WireBody {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** Whether it is a text of a type by which it would be read as bytes. */
  readonly isText?: true;
}

const JSON_TYPE = "application/json";
const BYTES_TYPE = "application/octet-stream";
const TEXT = new TextEncoder();
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Writes a body as bytes, so that `decodeBody` gives the same: bytes stay as they are, text of a type that is no JSON's is written plainly,
 * anything else is JSON, or `LEVADA_JSON` where JSON has no word for what it holds.
 *
 * @throws {StreamError} If it would not come out the same, naming the place, or is not what its content type says.
 */
export function encodeBody(body: unknown, contentType: string | undefined): WireBody {
  if (contentType === NO_VALUE && takes(contentType, body)) return { bytes: new Uint8Array(), contentType };
  if (contentType !== NO_VALUE && body instanceof Uint8Array && isPlainView(body) && !hasOwnNames(body)) {
    return { bytes: new Uint8Array(body), contentType: contentType ?? BYTES_TYPE };
  }
  if (contentType !== undefined && !takes(contentType, body)) {
    const those = contentType === NO_VALUE ? "null with" : "text or bytes of";
    const cure = `Publish ${those} that type, or leave the content type out`;
    throw refused(`it is ${kindOf(body)}, and its content type is ${contentType}. ${cure}`);
  }
  if (isOwnText(body, contentType)) {
    if (!body.isWellFormed()) {
      throw new StreamError("Cannot publish the body as text: it has half a character (a lone surrogate)");
    }
    return { bytes: TEXT.encode(body), contentType: contentType!, ...isTextType(contentType!) ? {} : { isText: true } };
  }
  const isTyped = contentType !== undefined && isLevadaJson(contentType);
  const { text, isJson } = write(body, isTyped);
  const isTold = contentType !== undefined && isJsonType(contentType);
  if (!isJson && isTold && !isTyped && !contentType.startsWith(JSON_TYPE)) {
    throw refused(
      `it holds what ${contentType} has no word for. Publish it without a content type, or as JSON's own kinds`,
    );
  }
  const type = isTyped || (isJson && isTold) ? contentType : isJson ? JSON_TYPE : LEVADA_JSON;
  return { bytes: TEXT.encode(text), contentType: type };
}

/** Whether a body can be said to be of a content type: what is neither text nor bytes is JSON. The type of plain bytes says nothing. */
export function takes(contentType: string, body: unknown): boolean {
  if (contentType === NO_VALUE) return body === null || (body instanceof Uint8Array && body.length === 0);
  return typeof body === "string" || body instanceof Uint8Array || isJsonType(contentType) ||
    contentType === BYTES_TYPE;
}

/** Whether a body is a text that travels as it is, by its content type. */
export function isOwnText(body: unknown, contentType: string | null | undefined): body is string {
  return typeof body === "string" && typeof contentType === "string" && !isJsonType(contentType);
}

function kindOf(body: unknown): string {
  if (body === null || body === undefined) return String(body);
  return typeof body === "object" ? (Array.isArray(body) ? "a list" : "an object") : `a ${typeof body}`;
}

function write(body: unknown, isTyped: boolean): WrittenValue {
  try {
    return writeValue(body, "publish the body", { isTyped });
  } catch (error) {
    throw new StreamError(describeThrown(error).message, { cause: error });
  }
}

function refused(state: string): StreamError {
  return new StreamError(`Cannot publish the body: ${state}`);
}

/**
 * Reads a body of a content type; without one, JSON, else text, else bytes. Tells why where it is not what its type says.
 *
 * @param isText Whether it is a text, whatever its type.
 */
export function decodeBody(
  bytes: Uint8Array,
  contentType: string | undefined,
  isText = false,
): { body: unknown; unreadable?: string } {
  if (contentType === undefined) {
    for (const read of [readJson, readText]) {
      try {
        return { body: read(bytes) };
      } catch { /* the next may do */ }
    }
    return { body: new Uint8Array(bytes) };
  }
  if (contentType === NO_VALUE && bytes.length === 0) return { body: null };
  const read = isText ? readText : readerOf(contentType);
  if (read === undefined) return { body: new Uint8Array(bytes) };
  try {
    return { body: read(bytes) };
  } catch (error) {
    return { body: new Uint8Array(bytes), unreadable: `not ${contentType}: ${(error as Error).message}` };
  }
}

type BodyReader = ((bytes: Uint8Array) => unknown) | undefined;

let last: { readonly contentType: string; readonly read: BodyReader } | undefined; // most records of a stream are alike

function readerOf(contentType: string): BodyReader {
  if (last?.contentType !== contentType) last = { contentType, read: chooseReader(contentType) };
  return last.read;
}

function chooseReader(contentType: string): BodyReader {
  if (isLevadaJson(contentType)) return (bytes) => readValue(readText(bytes));
  if (isJsonType(contentType)) return readJson;
  return isTextType(contentType) ? readText : undefined;
}

/** Whether a body of this content type is JSON. */
export function isJsonType(contentType: string): boolean {
  return /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType);
}

function isTextType(contentType: string): boolean {
  return contentType.startsWith("text/");
}

function readText(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}

function readJson(bytes: Uint8Array): unknown {
  return JSON.parse(readText(bytes));
}
