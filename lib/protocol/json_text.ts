import { FlowEvent } from "../graph/event.ts";
import { rawJson } from "../border/raw_json.ts";

const DEEPEST = 500; // JSON readers elsewhere give up at about this depth

/**
 * Writes a value as JSON without a loss: bigints with all their digits; typed arrays become lists, what has `toJSON` answers for itself.
 *
 * @example What JSON cannot hold is an error that names the place
 * ```ts
 * import { deepStrictEqual, throws } from "node:assert/strict";
 * import { jsonText } from "./json_text.ts";
 *
 * deepStrictEqual(jsonText({ scores: new Float32Array([0.5, 1]) }, "send the reply"), '{"scores":[0.5,1]}');
 * throws(() => jsonText({ outputs: [1, NaN] }, "send the reply"), /Cannot send the reply as JSON: outputs\[1\] is NaN/);
 * ```
 *
 * @param act What cannot be done where it fails: `send the reply`.
 * @throws {TypeError} If JSON cannot hold the value as it is, naming where: `outputs[3] is NaN`.
 */
export function jsonText(value: unknown, act: string): string {
  return JSON.stringify(jsonValue(value, act));
}

/** The value that `JSON.stringify` writes without a loss: itself where it can; see `jsonText`. */
export function jsonValue(value: unknown, act: string): unknown {
  return isPlainWithin(value, ANY_SIZE) ? value : plain(value, { act, path: "", depth: 0, within: undefined });
}

/** Whether JSON holds a value just as it is, and it has no more values than so many; eight letters count as one more. */
export function isPlainWithin(value: unknown, size: number): boolean {
  room = size;
  return isPlain(value, 0);
}

/** The letters that count as one value: by what they are shifted. */
export const LETTERS_SHIFT = 3;

const ANY_SIZE = 2 ** 30 - 1; // what V8 counts without making a number of its own
let room = 0;

const SHALLOW = 32; // levels that are looked at without a path: deeper ones, and circles, are for the one that tells where

/** Told for nearly every reply, without noting where one is. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
      room -= 1 + (value.length >> LETTERS_SHIFT);
      return room >= 0;
    case "boolean":
      return --room >= 0;
    case "number":
      return --room >= 0 && (value === 0 ? 1 / value > 0 : value - value === 0);
    case "object":
      return --room >= 0 && (value === null || depth < SHALLOW && isPlainObject(value, depth + 1));
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!isPlain(value[index], depth)) return false;
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.hasOwn(value, "toJSON")) return false;
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key], depth)) return false;
  return true;
}

/** Where a value stands that is written. */
export interface Spot {
  readonly act: string;
  readonly path: string;
  readonly depth: number;
  /** The lists and objects that it stands in, innermost first. */
  readonly within: Within | undefined;
}

/** A list or object that a value stands in. */
export interface Within {
  readonly value: object;
  readonly outer: Within | undefined;
}

/** The value in JSON's own kinds; the same object where it is so already. */
export function plain(value: unknown, spot: Spot): unknown {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) {
        throw lossy(spot, String(value), "JSON has no such number: return null in its place");
      }
      return Object.is(value, -0) ? rawJson("-0") : value;
    case "bigint":
      return rawJson(String(value));
    case "function":
    case "symbol":
      throw lossy(spot, `a ${typeof value}`);
    case "object":
      return value === null ? null : plainObject(value, spot);
    default:
      return value;
  }
}

function plainObject(value: object, spot: Spot): unknown {
  const [told, inside] = entered(value, spot);
  if (told !== value) return plain(told, inside);
  if (Array.isArray(value)) return plainList(value, inside);
  if (ArrayBuffer.isView(value)) return plainList(Array.from(value as Uint8Array), inside);
  let copy: Record<string, unknown> | undefined;
  for (const [key, item] of Object.entries(value)) {
    const written = plain(item, atKey(inside, key));
    if (written !== item) define(copy ??= { ...value }, key, written);
  }
  return copy ?? value;
}

/**
 * What is written of an object, and where what it holds stands: itself, or what it says of itself.
 *
 * @throws {TypeError} If JSON shows nothing of it.
 */
export function entered(value: object, spot: Spot): readonly [told: unknown, inside: Spot] {
  if (spot.depth > DEEPEST) throw lossy(spot, `more than ${DEEPEST} levels deep`);
  for (let outer = spot.within; outer !== undefined; outer = outer.outer) {
    if (outer.value === value) throw lossy(spot, "what it stands in: it holds itself");
  }
  if (value instanceof Date && Number.isNaN(value.getTime())) throw lossy(spot, "an invalid date");
  const inside = { ...spot, within: { value, outer: spot.within } };
  const told = toldBy(value, spot.path);
  if (told !== value) return [told, { ...inside, depth: spot.depth + 1 }];
  if (Array.isArray(value) || ArrayBuffer.isView(value) && !(value instanceof DataView)) return [value, inside];
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return [value.valueOf(), spot];
  if (!isData(value)) throw lossy(spot, opaque(value));
  return [value, inside];
}

/** Whether an object is its own fields and nothing else: JSON shows nothing of what a promise, a pattern or a private field holds. */
function isData(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null; // also of another realm's Object
}

function opaque(value: object): string {
  if (value instanceof FlowEvent) return "an event, whose body would be data";
  if (value instanceof Promise) return "a Promise, which was not awaited";
  const name = value.constructor?.name || Object.prototype.toString.call(value).slice("[object ".length, -1);
  return `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}`;
}

/** What an object says of itself by `toJSON`, else the object. */
function toldBy(value: object, path: string): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === "function" ? toJSON.call(value, path) : value;
}

function plainList(list: readonly unknown[], spot: Spot): unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const written = typeof item === "string" ? item : plainItem(item, atIndex(spot, index));
    if (written !== item) (copy ??= [...list])[index] = written;
  }
  return copy ?? list as unknown[];
}

/** An item of a list, which may not be undefined, nor by its `toJSON`. */
export function plainItem(item: unknown, spot: Spot): unknown {
  const written = plain(item, spot);
  if (written === undefined) throw lossy(spot, "undefined");
  return written;
}

/** Sets an own property, also where its name is `__proto__`. */
export function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Where the value of a key stands. */
export function atKey(inside: Spot, key: string): Spot {
  return at(inside, inside.path === "" ? key : `.${key}`);
}

/** Where an item stands. */
export function atIndex(inside: Spot, index: number): Spot {
  return at(inside, `[${index}]`);
}

function at({ act, path, depth, within }: Spot, part: string): Spot {
  return { act, path: path + part, depth: depth + 1, within };
}

const CURE = "Return text, numbers, lists, plain objects, or what has toJSON";

function lossy({ act, path }: Spot, what: string, cure = CURE): TypeError {
  return new TypeError(`Cannot ${act} as JSON: ${path || "it"} is ${what}. ${cure}`);
}
