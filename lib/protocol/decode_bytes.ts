import { isLevadaJson } from "../border/levada_json.ts";
import { readValue } from "../border/read_value.ts";
import { describeThrown, StatusError } from "../errors.ts";
import { parseJson } from "./parse_json.ts";
import { parseJsonSlices } from "./parse_json_slices.ts";
import { isTensorRequest } from "./tensor_request.ts";

const UTF8 = new TextDecoder();
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads bytes by their content type: JSON, also with Levada's words for what it lacks; text; bytes for everything else. Without a content type they are JSON where they can be
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
  if (contentType === "application/json") return parse(bytes, contentType);
  const type = contentType.split(";", 1)[0]!.trim().toLowerCase();
  if (type === "") return guess(bytes);
  if (isJson(type)) return parse(bytes, type);
  return type.startsWith("text/") || type === "application/text" ? new TextDecoder().decode(bytes) : bytes;
}

/**
 * Reads long bytes as `decodeBytes` does, JSON in slices of some milliseconds.
 *
 * @param again Reads all of it in another way, where it turns out to be a request of tensors, or might be one with NaN: that takes more than slices.
 * @throws {StatusError} 400 if they are said to be JSON and are not.
 */
export function* decodeSlices(bytes: Uint8Array, contentType: string, again: () => unknown): Generator<void, unknown> {
  const type = contentType.split(";", 1)[0]!.trim().toLowerCase();
  if (type !== "" && (!isJson(type) || isLevadaJson(type))) return decodeBytes(bytes, contentType);
  let text: string | undefined;
  try {
    text = utf8(bytes);
    yield;
    const value = yield* parseJsonSlices(text);
    return isTensorRequest(value) ? again() : value;
  } catch (error) {
    if (type === "") return text ?? bytes;
    if (text !== undefined && /NaN|Infinity/.test(text)) return again();
    throw noJson(type, error);
  }
}

function parse(bytes: Uint8Array, type: string): unknown {
  try {
    return isLevadaJson(type) ? readValue(utf8(bytes)) : parseJson(utf8(bytes));
  } catch (error) {
    throw noJson(type, error);
  }
}

function noJson(type: string, error: unknown): StatusError {
  return new StatusError(400, `Cannot read the body as ${type}: ${describeThrown(error).message}`);
}

function isJson(type: string): boolean {
  return type === "application/json" || type === "json" || type.endsWith("+json");
}

function guess(bytes: Uint8Array): unknown {
  try {
    const text = utf8(bytes);
    try {
      return parseJson(text);
    } catch {
      return text; // not JSON, or too deep, and nobody said that it is JSON
    }
  } catch {
    return bytes; // not text either
  }
}

/** The text that bytes are. Read without strictness first, which is twice as fast: what is no text is replaced by this letter then. */
function utf8(bytes: Uint8Array): string {
  const text = UTF8.decode(bytes);
  return text.includes("\uFFFD") ? STRICT_UTF8.decode(bytes) : text;
}
