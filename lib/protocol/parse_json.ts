/** JSON as it comes from outside: bounded in depth, its integers exact where a request's tensors need them. */

import { isTensorRequest, type TensorRequestBody } from "./tensor_request.ts";

const DEEPEST = 500; // levels of lists and objects: what copies or checks a body must not exhaust the stack
const LONG_INTEGER = /[0-9]{16}/; // 2^53 has 16 digits
const INTEGER = /^-?[0-9]{1,20}$/; // 2^64 has 20; more digits fit no datatype, and cost more the more there are
const NO_NUMBER = /"(?:[^"\\]|\\[^]?)*(?:"|$)|-?\b(?:NaN|Infinity)\b/g; // a text without an end is one match too: no second look

/** `JSON.parse` with the third argument of its reviver, which the library of types does not know yet. */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

/**
 * Reads JSON. In a request of the open inference protocol integers of 64 bits are bigints where numbers are not exact, and `NaN`,
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
  if (isTooDeep(text)) throw new RangeError(`its lists and objects are more than ${DEEPEST} levels deep`);
  const [value, read] = parse(text);
  return isTensorRequest(value) && hasWideIntegers(value) && LONG_INTEGER.test(read) ? parseExactly(read) : value;
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

function hasWideIntegers({ inputs }: TensorRequestBody): boolean {
  return inputs.some((input) => {
    const datatype = (input as { datatype?: unknown } | null)?.datatype;
    return datatype === "INT64" || datatype === "UINT64";
  });
}

function parseExactly(text: string): unknown {
  return (JSON.parse as ParseWithSource)(text, (_key, value, { source }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value) || !INTEGER.test(source!)) return value;
    return BigInt(source!);
  });
}

/** Whether JSON text opens more lists and objects, one in another, than is allowed; brackets inside texts do not count. */
function isTooDeep(text: string): boolean {
  return text.length > DEEPEST && hasManyBrackets(text) && depthOf(text) > DEEPEST;
}

/** Whether there are more opening brackets than may stand in each other, wherever they stand: long lists of numbers have few. */
function hasManyBrackets(text: string): boolean {
  let found = 0;
  for (const bracket of ["[", "{"]) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++found > DEEPEST) return true;
    }
  }
  return false;
}

const MARKS = ["[", "]", "{", "}", '"'];
const STEPS = [1, -1, 1, -1, 0];

/** Hops from bracket to bracket, which the engine finds faster than a loop over all characters. */
function depthOf(text: string): number {
  const next = MARKS.map((mark) => placeFrom(text, mark, 0));
  let [depth, deepest] = [0, 0];
  for (;;) {
    let nearest = 0;
    for (let mark = 1; mark < next.length; mark++) if (next[mark]! < next[nearest]!) nearest = mark;
    const at = next[nearest]!;
    if (at === Infinity) return deepest;
    depth += STEPS[nearest]!;
    if (depth > deepest) deepest = depth;
    const from = (MARKS[nearest] === '"' ? endOfText(text, at) : at) + 1;
    for (let mark = 0; mark < next.length; mark++) {
      if (next[mark]! < from) next[mark] = placeFrom(text, MARKS[mark]!, from);
    }
  }
}

function placeFrom(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? Infinity : at;
}

/** Where a text ends whose quote opens at `start`: at the next quote that no odd number of backslashes stands before. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === 0x5c) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}
