import { Buffer } from "node:buffer";
import { isJsonType } from "../body.ts";
import type { WireRecord } from "../record.ts";

/** What stands in front of the body: MLRun reads the wrapper too. */
interface Head {
  readonly full_event_wrapper: true;
  readonly id?: string;
  readonly key?: string;
  readonly levada: { readonly headers: readonly (readonly [string, string])[]; readonly isBase64?: true };
}

const START = '{"full_event_wrapper":true,';
const BODY = ',"body":'; // within a string its quotes would have backslashes, and no header is a name of an object
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A record as v3io keeps it. What v3io has for such things beside the data (`ClientInfo`) takes 128 bytes, so the record is what MLRun
 * puts around an event: JSON with `id`, `key`, the headers, and the body as it is, or base64 where it is no JSON.
 */
export function writeV3ioRecord({ key, bytes, headers }: WireRecord): Uint8Array {
  const json = jsonOf(bytes, headers["content-type"]);
  const id = headers["levada-id"];
  const levada = { headers: Object.entries(headers), ...(json === undefined ? { isBase64: true as const } : {}) };
  const head: Head = {
    full_event_wrapper: true,
    ...(id === undefined ? {} : { id }),
    ...(key === undefined ? {} : { key }),
    levada,
  };
  const body = json ?? JSON.stringify(Buffer.from(bytes).toString("base64"));
  return new TextEncoder().encode(`${JSON.stringify(head).slice(0, -1)}${BODY}${body}}`);
}

/** Reads a record; one of another hand is its data. */
export function readV3ioRecord(data: Uint8Array): WireRecord {
  const other = { key: undefined, bytes: data, headers: {} };
  try {
    const text = UTF8.decode(data);
    const at = text.startsWith(START) ? text.indexOf(BODY) : -1;
    if (at < 0) return other;
    const { key, levada: { headers, isBase64 } }: Head = JSON.parse(`${text.slice(0, at)}}`);
    const body = text.slice(at + BODY.length, -1);
    const bytes = isBase64 === true
      ? new Uint8Array(Buffer.from(JSON.parse(body), "base64"))
      : new TextEncoder().encode(body);
    return { key, bytes, headers: Object.fromEntries(headers) };
  } catch {
    return other;
  }
}

/** The body's text, where it is JSON and can stand in JSON. */
function jsonOf(bytes: Uint8Array, contentType: string | undefined): string | undefined {
  if (contentType === undefined || !isJsonType(contentType)) return undefined;
  try {
    const text = UTF8.decode(bytes);
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}
