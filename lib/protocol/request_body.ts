/** A request's body, as models and routers take it. */

import { parseJson } from "./parse_json.ts";
import { parseJsonSlices } from "./parse_json_slices.ts";
import { isTensorRequest, withTensors } from "./tensor_request.ts";

/**
 * Reads a body that came as text or bytes with no JSON content type: it is taken as JSON when that gives an object, see `withTensors`.
 * Any other body stays what it is.
 *
 * @example Text that holds a request
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { decodeBody } from "./request_body.ts";
 *
 * deepStrictEqual(decodeBody('{"inputs": [1]}'), { inputs: [1] });
 * deepStrictEqual(decodeBody("plain text"), "plain text");
 * ```
 */
export function decodeBody(body: unknown): unknown {
  const text = body instanceof Uint8Array ? utf8(body) : body;
  if (typeof text !== "string" || !text.trimStart().startsWith("{")) return body;
  try {
    return withTensors(parseJson(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return body;
    throw error;
  }
}

/**
 * Reads a long body as `decodeBody` does, in slices of some milliseconds; what is no JSON stays what it is.
 *
 * @param again Reads all of it in another way where it turns out to be a request of tensors: that takes more than slices.
 */
export function* decodeBodySlices(body: unknown, again: () => unknown): Generator<void, unknown> {
  const text = body instanceof Uint8Array ? utf8(body) : body;
  if (typeof text !== "string" || !text.trimStart().startsWith("{")) return body;
  yield;
  try {
    const value = yield* parseJsonSlices(text);
    return isTensorRequest(value) ? again() : value;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return body;
    throw error;
  }
}

/** A field of a body that is an object; undefined where there is none, or the body is something else. */
export function bodyField(body: unknown, field: string): unknown {
  return isObject(body) && Object.hasOwn(body, field) ? body[field] : undefined;
}

/** Tells whether a value is an object with fields: no list, no bytes. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Says what a body is, for messages: `the body is a list`. */
export function describeBody(body: unknown): string {
  if (body === undefined || body === null) return "the body is empty";
  if (typeof body === "string") return "the body is text that is not a JSON object";
  if (body instanceof Uint8Array) return "the body is bytes that are not a JSON object";
  if (Array.isArray(body)) return "the body is a list";
  return `the body is a ${typeof body}`;
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
