import {
  atIndex,
  atKey,
  define,
  entered,
  isPlainWithin,
  LETTERS_SHIFT,
  plain,
  plainItem,
  type Spot,
} from "./json_text.ts";

/** As many values as are written in about 3 ms; eight letters count as one more. */
export const PIECE_VALUES = 16_384;
const PIECE_LETTERS = PIECE_VALUES << LETTERS_SHIFT;
const DEEPEST = 500;

/**
 * Writes a value as `jsonText` does, in pieces that take some milliseconds each, so that others can work between them. What it holds must
 * not change meanwhile.
 *
 * @example
 * ```ts
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 * import { jsonPieces } from "./json_pieces.ts";
 *
 * const pieces = [...jsonPieces({ rows: Array(40_000).fill([1, 2]) }, "send the reply")];
 * strictEqual(pieces.length > 5, true);
 * deepStrictEqual(JSON.parse(pieces.join("")).rows.length, 40_000);
 * ```
 *
 * @throws {TypeError} With a piece, if JSON cannot hold a value as it is.
 */
export function jsonPieces(value: unknown, act: string): Generator<string, void> {
  return write(value, { act, path: "", depth: 0, within: undefined });
}

/** Whether a value holds more values than so many; eight letters count as one more. */
export function hasMore(value: unknown, size: number): boolean {
  return weigh(value, size, 0) < 0;
}

function* write(value: unknown, spot: Spot): Generator<string, void> {
  if (weigh(value, PIECE_VALUES, spot.depth) >= 0) yield JSON.stringify(plainItem(value, spot));
  else if (typeof value === "string") yield* writeText(value);
  else yield* writeLarge(value as object, spot);
}

function* writeLarge(value: object, spot: Spot): Generator<string, void> {
  const [told, inside] = entered(value, spot);
  if (told !== value) yield* write(told, inside);
  else if (Array.isArray(value)) yield* writeList(value, inside);
  else if (ArrayBuffer.isView(value)) yield* writeNumbers(value as Uint8Array, inside);
  else yield* writeObject(value as Record<string, unknown>, inside);
}

function* writeText(text: string): Generator<string, void> {
  yield '"';
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = Math.min(start + PIECE_LETTERS, text.length);
    if (isFirstHalf(text.charCodeAt(end - 1)) && end < text.length) end += 1;
    yield inner(text.slice(start, end));
  }
  yield '"';
}

function* writeList(list: readonly unknown[], inside: Spot): Generator<string, void> {
  yield "[";
  for (let start = 0, end = 0; start < list.length; start = end) {
    const comma = start === 0 ? "" : ",";
    let left = PIECE_VALUES;
    for (; end < list.length && left >= 0; end++) left = weigh(list[end], left, inside.depth);
    if (left < 0 && end - start > 1) end -= 1; // what is too much is for the next piece
    if (left < 0 && end - start === 1) {
      yield comma;
      yield* write(list[start], atIndex(inside, start));
    } else yield comma + listText(list.slice(start, end), { start, inside });
  }
  yield "]";
}

function listText(part: unknown[], { start, inside }: { readonly start: number; readonly inside: Spot }): string {
  if (isPlainWithin(part, PIECE_VALUES * 2)) return inner(part);
  return inner(Array.from(part, (item, index) => plainItem(item, atIndex(inside, start + index))));
}

function* writeNumbers(numbers: Uint8Array, inside: Spot): Generator<string, void> {
  yield "[";
  for (let start = 0; start < numbers.length; start += PIECE_VALUES) {
    const part: unknown[] = Array.from(numbers.subarray(start, start + PIECE_VALUES));
    yield (start === 0 ? "" : ",") + listText(part, { start, inside });
  }
  yield "]";
}

function* writeObject(value: Record<string, unknown>, inside: Spot): Generator<string, void> {
  yield "{";
  let comma = "";
  let part: Record<string, unknown> = {};
  let left = PIECE_VALUES;
  const flush = () => {
    const text = inner(part);
    part = {};
    left = PIECE_VALUES;
    if (text === "") return "";
    const written = comma + text;
    comma = ",";
    return written;
  };
  for (const key of Object.keys(value)) {
    const item = value[key];
    const weight = weigh(item, PIECE_VALUES, inside.depth);
    if (weight < 0) {
      yield flush();
      yield `${comma}${JSON.stringify(key)}:`;
      yield* write(item, atKey(inside, key));
      comma = ",";
      continue;
    }
    define(part, key, plain(item, atKey(inside, key)));
    left -= PIECE_VALUES - weight + 1 + (key.length >> LETTERS_SHIFT);
    if (left < 0) yield flush();
  }
  yield `${flush()}}`;
}

/** What of so many values is left when a value is written; below 0 where it is larger. */
function weigh(value: unknown, size: number, depth: number): number {
  if (typeof value === "string") return size - 1 - (value.length >> LETTERS_SHIFT);
  let left = size - 1;
  if (typeof value !== "object" || value === null) return left;
  if (ArrayBuffer.isView(value)) return left - ((value as Uint8Array).length ?? 0);
  if (depth > DEEPEST) return -1; // it may hold itself: who writes it looks
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left >= 0; index++) left = weigh(value[index], left, depth + 1);
    return left;
  }
  for (const key in value) {
    if (left < 0) return left;
    left = weigh((value as Record<string, unknown>)[key], left - (key.length >> LETTERS_SHIFT), depth + 1);
  }
  return left;
}

/** The text of a list, object or text without its first and last letter. */
function inner(value: unknown): string {
  return JSON.stringify(value).slice(1, -1);
}

function isFirstHalf(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
