import { decodeHalves, encodeHalves, type HalfDatatype } from "./half.ts";
import { wholeText } from "./whole_text.ts";

/** The kinds of values in a tensor, as the open inference protocol names them. */
export type Datatype =
  | "BOOL"
  | "UINT8"
  | "UINT16"
  | "UINT32"
  | "UINT64"
  | "INT8"
  | "INT16"
  | "INT32"
  | "INT64"
  | "FP16"
  | "BF16"
  | "FP32"
  | "FP64"
  | "BYTES";

/** The values of a tensor in one row: FP16 and BF16 as their bits, BOOL as 0 and 1, BYTES as text where it is valid UTF-8. */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly (string | Uint8Array)[];

/** How many bytes one value has; 0 for BYTES, whose values differ. */
export const VALUE_BYTES: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
  BYTES: 0,
};

/** Tells whether a text names a datatype. */
export function isDatatype(text: unknown): text is Datatype {
  return typeof text === "string" && Object.hasOwn(VALUE_BYTES, text);
}

/**
 * Makes the values of a datatype from plain ones; `place` tells where the value at an index came from. Integers may be bigints, also for
 * floating datatypes.
 *
 * @throws {TypeError} If a value is none of the datatype's, or out of its range.
 */
export function encodeData(
  datatype: Datatype,
  values: readonly unknown[],
  place: (index: number) => string,
): TensorData {
  const where = { datatype, place };
  switch (datatype) {
    case "BOOL":
      return booleans(values, where);
    case "UINT8":
      return integers(new Uint8Array(values.length), values, { ...where, least: 0, most: 2 ** 8 - 1 });
    case "UINT16":
      return integers(new Uint16Array(values.length), values, { ...where, least: 0, most: 2 ** 16 - 1 });
    case "UINT32":
      return integers(new Uint32Array(values.length), values, { ...where, least: 0, most: 2 ** 32 - 1 });
    case "UINT64":
      return wide(new BigUint64Array(values.length), values, { ...where, least: 0n, most: 2n ** 64n - 1n });
    case "INT8":
      return integers(new Int8Array(values.length), values, { ...where, least: -(2 ** 7), most: 2 ** 7 - 1 });
    case "INT16":
      return integers(new Int16Array(values.length), values, { ...where, least: -(2 ** 15), most: 2 ** 15 - 1 });
    case "INT32":
      return integers(new Int32Array(values.length), values, { ...where, least: -(2 ** 31), most: 2 ** 31 - 1 });
    case "INT64":
      return wide(new BigInt64Array(values.length), values, { ...where, least: -(2n ** 63n), most: 2n ** 63n - 1n });
    case "FP16":
    case "BF16":
      return halves(floats(new Float64Array(values.length), values, where), { ...where, datatype });
    case "FP32":
      return floats(new Float32Array(values.length), values, where);
    case "FP64":
      return floats(new Float64Array(values.length), values, where);
    case "BYTES":
      return texts(values, where);
  }
}

/**
 * Plain values of a tensor's: numbers for integers that numbers hold exactly, bigints beyond. With the datatype also booleans of BOOL,
 * and numbers of FP16 and BF16.
 */
export function decodeData(data: ArrayLike<unknown>, datatype?: Datatype): unknown[] {
  if (datatype === "BOOL") return listOf(data, (value) => value !== 0);
  if (datatype === "FP16" || datatype === "BF16") return numbersOf(decodeHalves(datatype, data as Uint16Array));
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return integersOf(data);
  return ArrayBuffer.isView(data) ? numbersOf(data as Float32Array) : listOf(data, plain);
}

const FEW = 64; // below it the copy to doubles costs more than the loop gains

function shortList(data: ArrayLike<number>): number[] {
  const list: number[] = [];
  for (let index = 0; index < data.length; index++) list.push(data[index]!);
  return list;
}

/** Through doubles: one loop for one class of arrays is four times as fast as one for all, and ten times as fast as `Array.from`. */
function numbersOf(data: ArrayLike<number>): number[] {
  if (data.length < FEW) return shortList(data);
  const doubles = data instanceof Float64Array ? data : new Float64Array(data);
  const list: number[] = new Array(doubles.length);
  for (let index = 0; index < doubles.length; index++) list[index] = doubles[index]!;
  return list;
}

/** By halves of 32 bits, so that no bigint is made where a number is exact. */
function integersOf(data: BigInt64Array | BigUint64Array): (number | bigint)[] {
  const low = new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
  const high = data instanceof BigInt64Array ? new Int32Array(low.buffer, low.byteOffset, low.length) : low;
  const list: (number | bigint)[] = new Array(data.length);
  for (let index = 0; index < list.length; index++) {
    const number = high[2 * index + 1]! * 2 ** 32 + low[2 * index]!;
    list[index] = Number.isSafeInteger(number) ? number : data[index]!;
  }
  return list;
}

function listOf(data: ArrayLike<unknown>, write: (value: unknown) => unknown): unknown[] {
  const list: unknown[] = new Array(data.length);
  for (let index = 0; index < list.length; index++) list[index] = write(data[index]);
  return list;
}

function plain(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

interface Where {
  readonly datatype: Datatype;
  readonly place: (index: number) => string;
}

interface Range<Value> extends Where {
  readonly least: Value;
  readonly most: Value;
}

function floats<Data extends Float32Array | Float64Array>(data: Data, values: readonly unknown[], where: Where): Data {
  for (let index = 0; index < data.length; index++) {
    const value = values[index];
    if (typeof value === "number") data[index] = value;
    else if (typeof value === "bigint") data[index] = Number(value);
    else wrong(value, { ...where, index });
    if (Math.abs(data[index]!) === Infinity && data[index] !== value) wrong(value, { ...where, index });
  }
  return data;
}

function halves(values: Float64Array, where: Where & { readonly datatype: HalfDatatype }): Uint16Array {
  const bits = encodeHalves(where.datatype, values);
  const infinity = where.datatype === "FP16" ? 0x7c00 : 0x7f80;
  for (let index = 0; index < bits.length; index++) {
    if ((bits[index]! & 0x7fff) === infinity && Math.abs(values[index]!) !== Infinity) {
      wrong(values[index], { ...where, index });
    }
  }
  return bits;
}

function integers<Data extends Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array>(
  data: Data,
  values: readonly unknown[],
  where: Range<number>,
): Data {
  const { least, most } = where;
  for (let index = 0; index < data.length; index++) {
    const value = values[index];
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
      wrong(value, { ...where, index });
    }
    data[index] = value;
  }
  return data;
}

function wide<Data extends BigInt64Array | BigUint64Array>(
  data: Data,
  values: readonly unknown[],
  where: Range<bigint>,
): Data {
  const { least, most } = where;
  for (let index = 0; index < data.length; index++) {
    const value = values[index];
    const exact = typeof value === "bigint"
      ? value
      : typeof value === "number" && Number.isSafeInteger(value)
      ? BigInt(value)
      : wrong(value, { ...where, index });
    if (exact < least || exact > most) wrong(value, { ...where, index });
    data[index] = exact;
  }
  return data;
}

function booleans(values: readonly unknown[], where: Where): Uint8Array {
  const data = new Uint8Array(values.length);
  for (let index = 0; index < data.length; index++) {
    const value = values[index];
    if (value === true) data[index] = 1;
    else if (value !== false) wrong(value, { ...where, index });
  }
  return data;
}

function texts(values: readonly unknown[], where: Where): (string | Uint8Array)[] {
  return values.map((value, index) => {
    if (typeof value === "string") {
      return value.isWellFormed() ? value : wholeText(value, `read ${where.place(index)} as BYTES`);
    }
    return value instanceof Uint8Array ? value : wrong(value, { ...where, index });
  });
}

function wrong(value: unknown, { datatype, place, index }: Where & { readonly index: number }): never {
  const state = value === null
    ? "null"
    : datatype.endsWith("64") && isInexact(value)
    ? "an integer beyond 2^53, where numbers lose digits: give it as text, in a tensor or as a bigint"
    : typeof value === "string"
    ? `the text ${JSON.stringify(value.slice(0, 40))}`
    : typeof value === "number" || typeof value === "bigint"
    ? String(value)
    : Array.isArray(value)
    ? "a list"
    : `a ${typeof value}`;
  throw new TypeError(`Cannot read ${place(index)} as ${datatype}: it is ${state}`);
}

function isInexact(value: unknown): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}
