/** Parts of ONNX files: nodes, constants, inputs and outputs as fields of a graph. */

import { writeField, writeNumber } from "./onnx_wire.ts";

/** The fields of a graph. */
export const GRAPH = { node: 1, name: 2, input: 11, output: 12 } as const;
/** ONNX's numbers of datatypes, of those that are written here. */
export const ELEMENT = { FP32: 1, INT64: 7, BOOL: 9, BF16: 16 } as const;

/** What an operator takes, gives and is told. */
export interface NodeParts {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: readonly Uint8Array[];
}

/** An operator as a field of a graph. */
export function nodeField(operator: string, { inputs, outputs, attributes = [] }: NodeParts): Uint8Array {
  return writeField(GRAPH.node, [
    ...inputs.map((name) => writeField(1, name)),
    ...outputs.map((name) => writeField(2, name)),
    writeField(4, operator),
    ...attributes,
  ]);
}

/** An attribute that is a whole number. */
export function numberAttribute(name: string, value: number): Uint8Array {
  return writeField(5, [writeField(1, name), writeNumber(3, value), writeNumber(20, 2)]);
}

/** An attribute that is a graph, made of its fields. */
export function graphAttribute(name: string, fields: readonly Uint8Array[]): Uint8Array {
  return writeField(5, [writeField(1, name), writeField(6, fields), writeNumber(20, 5)]);
}

/** What a constant holds. */
export interface ConstantParts {
  readonly element: number;
  readonly sizes: readonly number[];
  /** Little-endian. */
  readonly raw: Uint8Array;
}

/** A constant as a field of a graph. */
export function constantField(name: string, { element, sizes, raw }: ConstantParts): Uint8Array {
  const content = raw.length === 0 ? [] : [writeField(9, raw)];
  const tensor = [...sizes.map((size) => writeNumber(1, size)), writeNumber(2, element), ...content];
  const attribute = writeField(5, [writeField(1, "value"), writeField(5, tensor), writeNumber(20, 4)]);
  return nodeField("Constant", { inputs: [], outputs: [name], attributes: [attribute] });
}

/** Whole numbers as a constant: a list, or a single value. */
export function integersField(name: string, values: readonly number[] | number): Uint8Array {
  const list = typeof values === "number" ? [values] : values;
  const raw = new Uint8Array(BigInt64Array.from(list, BigInt).buffer);
  return constantField(name, { element: ELEMENT.INT64, sizes: typeof values === "number" ? [] : [list.length], raw });
}

/** The type of a tensor. */
export interface TensorParts {
  readonly element: number;
  /** -1 where a size is free; undefined where nothing is known. */
  readonly shape: readonly number[] | undefined;
}

/** A tensor that a graph takes or gives, as a field of it. */
export function tensorField(field: number, name: string, parts: TensorParts): Uint8Array {
  return writeField(field, [writeField(1, name), writeField(2, tensorType(parts))]);
}

/** A sequence of tensors that a graph takes or gives, as a field of it. */
export function sequenceField(field: number, name: string, element: number): Uint8Array {
  const type = writeField(4, [writeField(1, tensorType({ element, shape: undefined }))]);
  return writeField(field, [writeField(1, name), writeField(2, [type])]);
}

function tensorType({ element, shape }: TensorParts): readonly Uint8Array[] {
  const sizes = shape?.map((size) => writeField(1, size < 0 ? [] : [writeNumber(1, size)]));
  return [writeField(1, [writeNumber(1, element), ...(sizes === undefined ? [] : [writeField(2, sizes)])])];
}
