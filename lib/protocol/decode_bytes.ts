import { StatusError } from "../errors.ts";

/**
 * Reads bytes by their content type: JSON; text; bytes for everything else. Without a content type they are JSON where they can be
 * read so, else text where they are text. No bytes are null, of whatever type.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { decodeBytes } from "./decode_bytes.ts";
 *
 * const bytes = new TextEncoder().encode("[1, 2]");
 * deepStrictEqual(decodeBytes(bytes, "application/json"), [1, 2]);
 * deepStrictEqual(decodeBytes(bytes, "text/plain; charset=utf-8"), "[1, 2]");
 * deepStrictEqual(decodeBytes(bytes, "image/png"), bytes);
 * ```
 *
 * @throws {StatusError} 400 if they are said to be JSON and are not.
 */
export function decodeBytes(bytes: Uint8Array, contentType: string): unknown {
  if (bytes.length === 0) return null;
  const type = contentType.split(";", 1)[0]!.trim().toLowerCase();
  if (type === "") return guess(bytes);
  if (type === "application/json" || type === "json" || type.endsWith("+json")) return parse(bytes, type);
  return type.startsWith("text/") || type === "application/text" ? new TextDecoder().decode(bytes) : bytes;
}

const DEEPEST = 500; // levels of lists and objects: what copies or checks a body must not exhaust the stack

function parse(bytes: Uint8Array, type: string): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (isTooDeep(text)) throw new RangeError(`its lists and objects are more than ${DEEPEST} levels deep`);
    return JSON.parse(text);
  } catch (error) {
    throw new StatusError(400, `Cannot read the body as ${type}: ${messageOf(error)}`);
  }
}

function guess(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    try {
      return isTooDeep(text) ? text : JSON.parse(text);
    } catch {
      return text; // not JSON, and nobody said that it is
    }
  } catch {
    return bytes; // not text either
  }
}

/** Whether JSON text opens more lists and objects, one in another, than is allowed; brackets inside texts do not count. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      for (index++; index < text.length && text.charCodeAt(index) !== 0x22; index++) {
        if (text.charCodeAt(index) === 0x5c) index++;
      }
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > DEEPEST) return true;
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return false;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
