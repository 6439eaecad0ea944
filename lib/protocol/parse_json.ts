/** JSON as it comes from outside: bounded in depth, its integers exact where a request's tensors need them. */

import { isDeeperThan } from "./json_depth.ts";
import { isTensorRequest } from "./tensor_request.ts";

/** How deep lists and objects may stand in each other. */
export const DEEPEST = 500; // levels of lists and objects: what copies or checks a body must not exhaust the stack
const LONG_INTEGER = /[0-9]{16}/; // 2^53 has 16 digits
const NO_NUMBER = /"(?:[^"\\]|\\[^]?)*(?:"|$)|-?\b(?:NaN|Infinity)\b/g; // a text without an end is one match too: no second look

/** Texts, and integers of 16 to 20 digits: 2^64 has 20, and more fit no datatype. */
const LONG_INTEGERS = /"(?:[^"\\]|\\[^]?)*(?:"|$)|(?<![0-9.eE+-])-?[0-9]{16,20}(?![0-9.eE])/g;
const MARK = `${crypto.randomUUID()} `; // what no caller can know stands before an integer, and before no text of theirs

/**
 * Reads JSON. In a request or an answer of the open inference protocol integers of 64 bits are bigints where numbers are not exact, and `NaN`,
 * `Infinity` and `-Infinity` are read, which Python's clients write; NaN as null.
 *
 * @example An integer that a number cannot hold
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { parseJson } from "./parse_json.ts";
 *
 * const text = '{"inputs":[{"name":"x","shape":[2],"datatype":"INT64","data":[9007199254740993,1]}]}';
 * deepStrictEqual((parseJson(text) as { inputs: { data: unknown }[] }).inputs[0]?.data, [9_007_199_254_740_993n, 1]);
 * ```
 *
 * @throws {SyntaxError} If it is no JSON.
 * @throws {RangeError} If lists and objects are more than 500 levels deep.
 */
export function parseJson(text: string): unknown {
  if (isDeeperThan(DEEPEST, text)) throw tooDeep();
  const [value, read] = parse(text);
  return hasWideIntegers(value) && LONG_INTEGER.test(read) ? parseExactly(read) : value;
}

/** What deeper ones are refused with. */
export function tooDeep(): RangeError {
  return new RangeError(`its lists and objects are more than ${DEEPEST} levels deep`);
}

function parse(text: string): readonly [value: unknown, read: string] {
  try {
    return [JSON.parse(text), text];
  } catch (error) {
    if (!text.includes("NaN") && !text.includes("Infinity")) throw error;
    const plain = text.replace(NO_NUMBER, (found) => WRITTEN[found] ?? found);
    let value: unknown;
    try {
      value = JSON.parse(plain);
    } catch {
      throw error;
    }
    if (!isTensorRequest(value)) throw error;
    return [value, plain];
  }
}

/** What JSON's grammar has in the place of values that it has no word for; 1e999 is read as infinity. */
const WRITTEN: Readonly<Record<string, string>> = {
  "NaN": "null",
  "-NaN": "null",
  "Infinity": "1e999",
  "-Infinity": "-1e999",
};

/** Whether it is a request of the protocol, or an answer, with tensors of such integers. */
function hasWideIntegers(value: unknown): boolean {
  if (isTensorRequest(value)) return value.inputs.some(isWide);
  const outputs = typeof value === "object" && value !== null ? (value as { outputs?: unknown }).outputs : undefined;
  return Array.isArray(outputs) && outputs.some(isWide);
}

function isWide(tensor: unknown): boolean {
  const datatype = (tensor as { datatype?: unknown } | null)?.datatype;
  return datatype === "INT64" || datatype === "UINT64";
}

/** Long integers go through `JSON.parse` as texts: a parse that tells the source of each number takes fifty times as long. */
function parseExactly(text: string): unknown {
  const marked = text.replace(LONG_INTEGERS, (found) => found.startsWith('"') ? found : `"${MARK}${found}"`);
  const value: unknown = JSON.parse(marked);
  restore(value as Record<string, unknown>);
  return value;
}

/** Makes the marked texts of lists and objects integers again: bigints where a number is not exact. */
function restore(holder: Record<string, unknown> | unknown[]): void {
  if (Array.isArray(holder)) {
    for (let index = 0; index < holder.length; index++) {
      const item: unknown = holder[index];
      if (typeof item === "string" || typeof item === "object") holder[index] = restored(item);
    }
    return;
  }
  for (const key of Object.keys(holder)) {
    const item = holder[key];
    if (typeof item === "string" || typeof item === "object") holder[key] = restored(item);
  }
}

function restored(item: string | object | null): unknown {
  if (item === null) return item;
  if (typeof item === "object") {
    restore(item as Record<string, unknown>);
    return item;
  }
  if (!item.startsWith(MARK)) return item;
  const digits = item.slice(MARK.length);
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}
