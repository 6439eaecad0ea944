/** One tensor as a step declares it. */
export interface TensorSpec {
  /** What the step calls it. */
  readonly name: string;
  /** `FP32`, `INT64`, `BYTES`, as the open inference protocol names them. */
  readonly datatype: string;
  /** Sizes; -1 or a name, `batch`, where a dimension is free. An empty shape is one that is not known. */
  readonly shape: readonly (number | string)[];
}

/** What each datatype's values are also, exactly. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  UINT8: ["UINT16", "UINT32", "UINT64", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64"],
  UINT16: ["UINT32", "UINT64", "INT32", "INT64", "FP32", "FP64"],
  UINT32: ["UINT64", "INT64", "FP64"],
  INT8: ["INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64"],
  INT16: ["INT32", "INT64", "FP32", "FP64"],
  INT32: ["INT64", "FP64"],
  FP16: ["FP32", "FP64"],
  BF16: ["FP32", "FP64"],
  FP32: ["FP64"],
};

/**
 * Tells whether every tensor that one step gives is one that another takes: the same datatype or one that holds all its values, the
 * same number of dimensions, and the same sizes where both are known.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 * import { fitsTensor } from "./tensor_spec.ts";
 *
 * const given = { name: "rows", datatype: "FP32", shape: ["batch", 4] };
 * strictEqual(fitsTensor(given, { name: "x", datatype: "FP64", shape: [-1, 4] }), true);
 * strictEqual(fitsTensor(given, { name: "x", datatype: "FP32", shape: [-1, 3] }), false);
 * ```
 */
export function fitsTensor(given: TensorSpec, taken: TensorSpec): boolean {
  const fitsType = given.datatype === taken.datatype || WIDER[given.datatype]?.includes(taken.datatype) === true;
  if (!fitsType || given.shape.length === 0 || taken.shape.length === 0) return fitsType;
  return given.shape.length === taken.shape.length && given.shape.every((size, index) => {
    const other = taken.shape[index]!;
    return isFree(size) || isFree(other) || size === other;
  });
}

/** Whether a value has the form of a tensor's declaration. */
export function isTensorSpec(value: unknown): value is TensorSpec {
  if (typeof value !== "object" || value === null) return false;
  const { name, datatype, shape } = value as Partial<TensorSpec>;
  return typeof name === "string" && typeof datatype === "string" && Array.isArray(shape) &&
    shape.every((size) => typeof size === "string" || Number.isSafeInteger(size));
}

function isFree(size: number | string): boolean {
  return typeof size === "string" || size < 0;
}
