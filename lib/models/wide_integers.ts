import { isObject } from "../protocol/request_body.ts";
import type { TensorSpec } from "../tensor/tensor_spec.ts";

const INTEGER = /^-?\d{1,20}$/; // 2^64 has 20 digits
const WIDE = ["INT64", "UINT64"];

/** Values of a datatype, nested in lists: integers of 64 bits may be text, since JSON's numbers lose digits beyond 2^53. */
export function readWide(values: unknown, datatype: string): unknown {
  return WIDE.includes(datatype) ? exact(values) : values;
}

/** Rows for inputs, lists or objects by their names, with `readWide`. */
export function readWideRows(
  rows: readonly unknown[],
  inputs: readonly Pick<TensorSpec, "name" | "datatype">[],
): readonly unknown[] {
  const wide = inputs.filter(({ datatype }) => WIDE.includes(datatype));
  if (wide.length === 0) return rows;
  return rows.map((row) => {
    if (!isObject(row)) return inputs.length === 1 ? exact(row) : row;
    const read = wide.filter(({ name }) => Object.hasOwn(row, name)).map(({ name }) => [name, exact(row[name])]);
    return { ...row, ...Object.fromEntries(read) };
  });
}

function exact(values: unknown): unknown {
  if (typeof values === "string") return INTEGER.test(values) ? BigInt(values) : values;
  return Array.isArray(values) && values.some((value) => typeof value !== "number") ? values.map(exact) : values;
}
