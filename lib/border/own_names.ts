import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";

const FEW_ITEMS = 32; // to name so many costs less than to compare them

type ViewClass = new (buffer: ArrayBufferLike, offset?: number, length?: number) => object;

/** The language's own typed arrays, by their prototypes, and Node's bytes. */
const VIEWS: ReadonlyMap<unknown, ViewClass> = new Map<unknown, ViewClass>([
  ...[
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float16Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map((View): [unknown, ViewClass] => [View.prototype, View]),
  [Buffer.prototype, Buffer as unknown as ViewClass],
]);

/**
 * Whether an object that is known by what it holds, as a date, a map or a list, has names of its own beside that: they do not cross a border.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { hasOwnNames } from "./own_names.ts";
 *
 * const named = (value: object) => Object.assign(value, { unit: "kg" });
 * deepStrictEqual([new Date(), [1], new Uint8Array(9)].map(hasOwnNames), [false, false, false]);
 * deepStrictEqual([named(new Date()), named([1]), named(new Uint8Array(9))].map(hasOwnNames), [true, true, true]);
 * ```
 */
export function hasOwnNames(value: object): boolean {
  if (Array.isArray(value)) return hasNamesBeside(value, value.length, () => value.slice());
  const View = VIEWS.get(Object.getPrototypeOf(value));
  if (View === undefined) return Object.keys(value).length > 0 || hasSymbols(value);
  const view = value as Uint8Array;
  return hasNamesBeside(view, view.length, () => otherView(view, View));
}

/** Whether it is of one of the language's own classes of typed arrays, or of Node's bytes. */
export function isPlainView(value: object): value is ArrayBufferView & { readonly [Symbol.toStringTag]: string } {
  return VIEWS.has(Object.getPrototypeOf(value));
}

/** By comparing with one that has none: to have all names told takes longer than to write what is long. */
function hasNamesBeside(value: object, length: number, bare: () => object): boolean {
  if (length > FEW_ITEMS) return !isDeepStrictEqual(value, bare());
  return Object.keys(value).length > length || hasSymbols(value);
}

/** On the same memory. */
function otherView({ buffer, byteOffset, length }: Uint8Array, View: ViewClass): object {
  return View.prototype === Buffer.prototype
    ? Buffer.from(buffer as ArrayBuffer, byteOffset, length)
    : new View(buffer, byteOffset, length);
}

function hasSymbols(value: object): boolean {
  const symbols = Object.getOwnPropertySymbols(value);
  return symbols.length > 0 && symbols.some((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol));
}
