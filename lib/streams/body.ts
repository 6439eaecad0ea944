import { StreamError } from "../errors.ts";

/** A body as it travels. */
export interface WireBody {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

const JSON_TYPE = "application/json";
const BYTES_TYPE = "application/octet-stream";
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Writes a body as bytes: bytes stay as they are, text of a `text/…` type is written plainly, anything else is JSON.
 *
 * @throws {StreamError} If JSON cannot hold it, or a text has half a character.
 */
export function encodeBody(body: unknown, contentType: string | undefined): WireBody {
  if (body instanceof Uint8Array) return { bytes: body.slice(), contentType: contentType ?? BYTES_TYPE };
  if (typeof body === "string" && contentType?.startsWith("text/") === true) {
    if (!body.isWellFormed()) {
      throw new StreamError("Cannot publish the body as text: it has half a character (a lone surrogate)");
    }
    return { bytes: new TextEncoder().encode(body), contentType };
  }
  const bytes = new TextEncoder().encode(jsonOf(body));
  return { bytes, contentType: contentType !== undefined && isJson(contentType) ? contentType : JSON_TYPE };
}

/** Reads a body of a content type; without one, JSON, else text, else bytes. Tells why where it is not what its type says. */
export function decodeBody(bytes: Uint8Array, contentType: string | undefined): { body: unknown; unreadable?: string } {
  if (contentType === undefined) {
    for (const read of [readJson, readText]) {
      try {
        return { body: read(bytes) };
      } catch { /* the next may do */ }
    }
    return { body: bytes.slice() };
  }
  const read = isJson(contentType) ? readJson : contentType.startsWith("text/") ? readText : undefined;
  if (read === undefined) return { body: bytes.slice() };
  try {
    return { body: read(bytes) };
  } catch (error) {
    return { body: bytes.slice(), unreadable: `not ${contentType}: ${(error as Error).message}` };
  }
}

function isJson(contentType: string): boolean {
  return /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType);
}

function readText(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}

function readJson(bytes: Uint8Array): unknown {
  return JSON.parse(readText(bytes));
}

function jsonOf(body: unknown): string {
  try {
    const text = JSON.stringify(body, keepWhole);
    if (text === undefined) throw new TypeError(`it is ${typeof body}`);
    return text;
  } catch (error) {
    const why = error instanceof RangeError ? "it is nested too deeply" : (error as Error).message;
    throw new StreamError(`Cannot publish the body: it is no bytes, and JSON cannot hold it, because ${why}`, {
      cause: error,
    });
  }
}

/** What JSON would silently turn into something else is refused. */
function keepWhole(key: string, value: unknown): unknown {
  const what = typeof value === "number" && !Number.isFinite(value)
    ? String(value)
    : typeof value === "function" || typeof value === "symbol"
    ? `a ${typeof value}`
    : value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)
    ? `a ${value.constructor.name}`
    : undefined;
  if (what !== undefined) throw new TypeError(`${key === "" ? "it" : `"${key}" in it`} is ${what}`);
  return value;
}
