import { hasOwnNames } from "./own_names.ts";

const SHALLOW = 32; // levels that are looked at here: deeper ones, and circles, are for the one that tells where

/**
 * Whether JSON says a value just as it is, without a word for what it lacks. It is asked of every body that crosses a border, and notes no
 * places.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { isJson } from "./is_json.ts";
 *
 * deepStrictEqual([{ a: [1, "x", null] }, { at: new Date() }, [NaN], [undefined]].map((value) => isJson(value)), [
 *   true,
 *   false,
 *   false,
 *   false,
 * ]);
 * ```
 */
export function isJson(value: unknown): boolean {
  try {
    return isPlain(value, 0, false);
  } catch {
    return false; // something in it cannot be read
  }
}

function isPlain(value: unknown, depth: number, isRow: boolean): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return value === 0 ? 1 / value > 0 : value - value === 0;
    case "object":
      return value === null || depth < SHALLOW && isPlainObject(value, depth + 1, isRow);
    default:
      return false;
  }
}

/** `isRow`: whether it stands behind the first of a list, which is taken for one of its kind: to have all names told is dear. */
function isPlainObject(value: object, depth: number, isRow: boolean): boolean {
  if (Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Array.prototype) return false;
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === "number" && item !== 0 && item - item === 0) continue; // long lists are of numbers
      if (!isPlain(item, depth, isRow || index > 0)) return false;
    }
    const { toJSON, index } = value as { toJSON?: unknown; index?: unknown }; // what a text's match has beside its items
    return toJSON === undefined && index === undefined && (isRow || !hasOwnNames(value));
  }
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.hasOwn(value, "toJSON")) return false;
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key], depth, false)) return false;
  return Object.getOwnPropertySymbols(value).length === 0;
}
