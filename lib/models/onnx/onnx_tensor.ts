/** Tensors as the runtimes of ONNX take and give them: the same typed arrays, no copy. */

import { ShapeError } from "../../errors.ts";
import type { TensorInfo } from "../../protocol/reply.ts";
import type { Datatype, TensorData } from "../../tensor/datatype.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { RuntimeTensor } from "./onnx_runtime.ts";

const RUNTIME_TYPES: Readonly<Partial<Record<Datatype, string>>> = {
  FP32: "float32",
  FP64: "float64",
  FP16: "float16",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  UINT8: "uint8",
  UINT16: "uint16",
  UINT32: "uint32",
  UINT64: "uint64",
  BOOL: "bool",
  BYTES: "string",
};

const DATATYPES = new Map(Object.entries(RUNTIME_TYPES).map(([datatype, type]) => [type, datatype as Datatype]));

/** ONNX's own numbers of datatypes. */
const ELEMENTS: readonly (Datatype | undefined)[] = [
  undefined,
  "FP32",
  "UINT8",
  "INT8",
  "UINT16",
  "INT16",
  "INT32",
  "INT64",
  "BYTES",
  "BOOL",
  "FP16",
  "FP64",
  "UINT32",
  "UINT64",
  undefined,
  undefined,
  "BF16",
];

/** The datatype that an ONNX file's number means; undefined for complex numbers and those of 8 bits and less. */
export function datatypeOf(element: number): Datatype | undefined {
  return ELEMENTS[element];
}

/** The datatype that a runtime's word means. */
export function datatypeOfRuntime(type: string | undefined): Datatype | undefined {
  return DATATYPES.get(type ?? "");
}

/**
 * Hands a tensor to a runtime.
 *
 * @throws {TypeError} If it has bytes that are no text, or text with a NUL.
 */
export function toRuntime({ name, datatype, shape, data }: Tensor): RuntimeTensor {
  if (datatype === "BYTES") refuseBytes(name, data as readonly (string | Uint8Array)[]);
  return { type: RUNTIME_TYPES[datatype]!, dims: shape, data: data as ArrayLike<unknown>, location: "cpu" };
}

/** The runtimes take text as C does, and would cut it at a NUL without a word. */
function refuseBytes(name: string, values: readonly (string | Uint8Array)[]): void {
  values.forEach((value, index) => {
    if (typeof value === "string" && !value.includes("\0")) return;
    const state = typeof value === "string" ? "has a NUL, at which the runtime would cut it" : "is not valid UTF-8";
    throw new TypeError(`Cannot give "${name}" to the model: value ${index} ${state}`);
  });
}

/** Takes a tensor from a runtime. */
export function fromRuntime(name: string, { type, dims, data }: RuntimeTensor): Tensor {
  const datatype = datatypeOfRuntime(type);
  if (datatype === undefined) throw new TypeError(`Cannot read output "${name}": it is of ${type}`);
  return new Tensor(name, { datatype, shape: dims, data: bitsOf(data, datatype) });
}

function bitsOf(data: ArrayLike<unknown>, datatype: Datatype): TensorData {
  if (datatype !== "FP16" || data instanceof Uint16Array) return data as unknown as TensorData;
  const halves = data as unknown as Float32Array; // a Float16Array where the language has it: of the same form
  return new Uint16Array(halves.buffer, halves.byteOffset, halves.length);
}

/**
 * Checks that a tensor is what an input takes.
 *
 * @param info An input; undefined sizes stand for any number of dimensions.
 * @throws {ShapeError} If it has another shape.
 * @throws {TypeError} If it is of another datatype.
 */
export function checkTensor(
  { name, datatype, shape }: Tensor,
  { info, isAnyShape }: { readonly info: TensorInfo; readonly isAnyShape: boolean },
): void {
  if (datatype !== info.datatype) {
    throw new TypeError(`Cannot read "${name}" as ${info.datatype}, which the model takes: it is ${datatype}`);
  }
  if (!isAnyShape && !fitsShape(shape, info.shape)) {
    throw new ShapeError(
      `Cannot read "${name}" as ${info.datatype} of shape [${info.shape}], which input "${info.name}" of the model takes: it has shape [${shape}]`,
    );
  }
}

/** Tells whether a shape is what an input takes; -1 takes every size. */
export function fitsShape(shape: readonly number[], taken: readonly number[]): boolean {
  return shape.length === taken.length && taken.every((size, index) => size === -1 || size === shape[index]);
}
