/** The kinds of values in a tensor, as the open inference protocol names them. */
export type Datatype = "FP32" | "FP64" | "INT64" | "INT32" | "BOOL" | "BYTES";

/** The values of a tensor in one row, as a model runtime takes them. */
export type TensorData = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array | string[];

/** Makes the values of a datatype from plain ones; `place` tells where the value at an index came from. */
export function encodeData(
  datatype: Datatype,
  values: readonly unknown[],
  place: (index: number) => string,
): TensorData {
  switch (datatype) {
    case "FP32":
      return Float32Array.from(values, (value, index) => numberOf(value, { datatype, place, index }));
    case "FP64":
      return Float64Array.from(values, (value, index) => numberOf(value, { datatype, place, index }));
    case "INT32":
      return Int32Array.from(values, (value, index) => integerOf(value, { datatype, place, index }));
    case "INT64":
      return BigInt64Array.from(values.map((value, index) => BigInt(integerOf(value, { datatype, place, index }))));
    case "BOOL":
      return Uint8Array.from(
        values,
        (value, index) => value === true ? 1 : value === false ? 0 : wrong(value, { datatype, place, index }),
      );
    case "BYTES":
      return values.map((value, index) => typeof value === "string" ? value : wrong(value, { datatype, place, index }));
  }
}

/** Plain values of a tensor's: numbers for integers that numbers hold exactly, bigints beyond. */
export function decodeData(data: ArrayLike<unknown>): unknown[] {
  return Array.from(data, (value) => {
    if (typeof value !== "bigint") return value;
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  });
}

interface Where {
  readonly datatype: Datatype;
  readonly place: (index: number) => string;
  readonly index: number;
}

function numberOf(value: unknown, where: Where): number {
  return typeof value === "number" ? value : wrong(value, where);
}

function integerOf(value: unknown, where: Where): number {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : wrong(value, where);
}

function wrong(value: unknown, { datatype, place, index }: Where): never {
  const state = value === null
    ? "null"
    : typeof value === "string"
    ? `the text ${JSON.stringify(value.slice(0, 40))}`
    : typeof value === "number"
    ? String(value)
    : `a ${typeof value}`;
  throw new TypeError(`Cannot read ${place(index)} as ${datatype}: it is ${state}`);
}
