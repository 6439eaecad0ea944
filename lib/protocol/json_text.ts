import { FlowEvent } from "../graph/event.ts";
import { rawJson } from "./raw_json.ts";

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
  return isPlain(value, 0) ? value : plain(value, { act, path: "", depth: 0, within: undefined });
}

const SHALLOW = 32; // levels that are looked at without a path: deeper ones, and circles, are for the one that tells where

/** Whether JSON holds a value just as it is: told for nearly every reply, without noting where one is. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || depth < SHALLOW && isPlainObject(value, depth + 1);
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

interface Spot {
  readonly act: string;
  readonly path: string;
  readonly depth: number;
  /** The lists and objects that it stands in, innermost first. */
  readonly within: Within | undefined;
}

interface Within {
  readonly value: object;
  readonly outer: Within | undefined;
}

/** The value in JSON's own kinds; the same object where it is so already. */
function plain(value: unknown, spot: Spot): unknown {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) throw lossy(spot, String(value));
      return value;
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
  if (spot.depth > DEEPEST) throw lossy(spot, `more than ${DEEPEST} levels deep`);
  for (let outer = spot.within; outer !== undefined; outer = outer.outer) {
    if (outer.value === value) throw lossy(spot, "what it stands in: it holds itself");
  }
  if (value instanceof Date && Number.isNaN(value.getTime())) throw lossy(spot, "an invalid date");
  const inside = { ...spot, within: { value, outer: spot.within } };
  const told = toldBy(value, spot.path);
  if (told !== value) return plain(told, { ...inside, depth: spot.depth + 1 });
  if (Array.isArray(value)) return plainList(value, inside);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return plainList(Array.from(value as Uint8Array), inside);
  }
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return plain(value.valueOf(), spot);
  }
  if (!isData(value)) throw lossy(spot, opaque(value));
  let copy: Record<string, unknown> | undefined;
  for (const [key, item] of Object.entries(value)) {
    const written = plain(item, at(inside, spot.path === "" ? key : `.${key}`));
    if (written !== item) define(copy ??= { ...value }, key, written);
  }
  return copy ?? value;
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
    if (item === undefined) throw lossy(at(spot, `[${index}]`), "undefined");
    const written = typeof item === "string" ? item : plain(item, at(spot, `[${index}]`));
    if (written === undefined) throw lossy(at(spot, `[${index}]`), "undefined"); // by its toJSON
    if (written !== item) (copy ??= [...list])[index] = written;
  }
  return copy ?? list as unknown[];
}

/** Sets an own property, also where its name is `__proto__`. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function at({ act, path, depth, within }: Spot, part: string): Spot {
  return { act, path: path + part, depth: depth + 1, within };
}

function lossy({ act, path }: Spot, what: string): TypeError {
  return new TypeError(
    `Cannot ${act} as JSON: ${path || "it"} is ${what}. Return text, numbers, lists, plain objects, or what has toJSON`,
  );
}
