import { ModelError } from "../../errors.ts";
import { readFields, readPacked, readText } from "./onnx_wire.ts";

/** A tensor in an ONNX file. */
export interface TensorType {
  readonly kind: "tensor";
  readonly element: number;
  readonly shape: readonly number[] | undefined;
  /** What the file calls its first size, where that is free: sizes of one name are the same. */
  readonly firstName?: string;
}

/** What a value in an ONNX file is, by the numbers of its `TensorProto.DataType`. */
export type OnnxType =
  | TensorType
  | { readonly kind: "sequence"; readonly of: OnnxType }
  | { readonly kind: "map"; readonly key: number; readonly value: OnnxType }
  | { readonly kind: "optional" | "sparse tensor" | "value of an unknown kind" };

/** An input or output of a graph. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  /** Its field in the file. */
  readonly whole: Uint8Array;
}

/** One operator of a graph. */
export interface OnnxNode {
  readonly operator: string;
  /** Empty for ONNX's own, `ai.onnx.ml` for the classical ones. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly Uint8Array[];
  /** Its field in the file. */
  readonly whole: Uint8Array;
}

/** What an ONNX file says of itself, read without a runtime; everything is a view on its bytes. */
export interface OnnxFile {
  readonly nodes: readonly OnnxNode[];
  /** Without those that have a value in the file. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** The operators of `ai.onnx.ml` in it, each once. */
  readonly classical: readonly string[];
  /** The files beside it that hold its weights, as it names them. */
  readonly external: readonly string[];
  /** The version of ONNX's own operators; undefined where it uses none. */
  readonly opset: number | undefined;
  /** The fields of the model but for its graph, and of its graph. */
  readonly rest: readonly Uint8Array[];
  readonly graph: readonly { readonly field: number; readonly whole: Uint8Array }[];
}

const DEEPEST = 32; // graphs in graphs: nobody writes more, and a hostile file must not exhaust the stack
const LFS = "version https://git-lfs";

/**
 * Reads what an ONNX file takes, gives and is made of.
 *
 * @throws {ModelError} If the bytes are no ONNX model; it says what they are, or where they end.
 */
export function readOnnx(bytes: Uint8Array): OnnxFile {
  if (readText(bytes.subarray(0, LFS.length)) === LFS) {
    throw new ModelError("it is a pointer of Git LFS: the model itself was not fetched");
  }
  try {
    return readModel(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ModelError(`its ${bytes.length} bytes are no ONNX model: ${error.message}`, { cause: error });
  }
}

interface Found {
  readonly classical: Set<string>;
  readonly external: Set<string>;
}

function readModel(bytes: Uint8Array): OnnxFile {
  const found: Found = { classical: new Set(), external: new Set() };
  const rest: Uint8Array[] = [];
  let graph: Uint8Array | undefined;
  let opset: number | undefined;
  for (const field of readFields(bytes)) {
    if (field.field === 7 && field.bytes !== undefined) graph = field.bytes;
    else rest.push(field.whole);
    if (field.field === 8 && field.bytes !== undefined) opset = opsetOf(field.bytes) ?? opset;
    if (field.field === 25 && field.bytes !== undefined) readFunction(field.bytes, found);
  }
  if (graph === undefined) throw new RangeError("they have no graph");
  const read = readGraph(graph, found, 0);
  if (read.outputs.length === 0) throw new RangeError("the graph gives nothing");
  return {
    ...read,
    inputs: read.inputs.filter(({ name }) => !read.valued.has(name)),
    classical: [...found.classical],
    external: [...found.external],
    opset,
    rest,
  };
}

function readGraph(bytes: Uint8Array, found: Found, depth: number) {
  if (depth > DEEPEST) throw new RangeError(`its graphs stand more than ${DEEPEST} deep in one another`);
  const nodes: OnnxNode[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const graph: { field: number; whole: Uint8Array }[] = [];
  const valued = new Set<string>();
  for (const { field, bytes: inner, whole } of readFields(bytes)) {
    graph.push({ field, whole });
    if (inner === undefined) continue;
    if (field === 1) nodes.push(readNode(inner, whole, found, depth));
    else if (field === 5) valued.add(readTensor(inner, found));
    else if (field === 11) inputs.push(readValue(inner, whole));
    else if (field === 12) outputs.push(readValue(inner, whole));
    else if (field === 15) {
      for (const part of readFields(inner)) if (part.field === 1) valued.add(nameOf(part.bytes, 8));
    }
  }
  return { nodes, inputs, outputs, graph, valued };
}

function readNode(bytes: Uint8Array, whole: Uint8Array, found: Found, depth: number): OnnxNode {
  let [operator, domain] = ["", ""];
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Uint8Array[] = [];
  for (const { field, bytes: inner } of readFields(bytes)) {
    if (field === 1) inputs.push(readText(inner));
    else if (field === 2) outputs.push(readText(inner));
    else if (field === 4) operator = readText(inner);
    else if (field === 7) domain = readText(inner);
    else if (field === 5 && inner !== undefined) attributes.push(inner);
  }
  for (const attribute of attributes) {
    for (const { field, bytes: inner } of readFields(attribute)) {
      if ((field === 6 || field === 11) && inner !== undefined) readGraph(inner, found, depth + 1);
      else if ((field === 5 || field === 10) && inner !== undefined) readTensor(inner, found);
    }
  }
  if (domain === "ai.onnx.ml") found.classical.add(operator);
  return { operator, domain, inputs, outputs, attributes, whole };
}

function readFunction(bytes: Uint8Array, found: Found): void {
  for (const { field, bytes: inner, whole } of readFields(bytes)) {
    if (field === 7 && inner !== undefined) readNode(inner, whole, found, 1);
  }
}

/** Gives the tensor's name, and notes the file that it lies in. */
function readTensor(bytes: Uint8Array, found: Found): string {
  let name = "";
  for (const { field, bytes: inner } of readFields(bytes)) {
    if (field === 8) name = readText(inner);
    if (field !== 13 || inner === undefined) continue;
    if (nameOf(inner, 1) === "location") found.external.add(nameOf(inner, 2));
  }
  return name;
}

function readValue(bytes: Uint8Array, whole: Uint8Array): OnnxValue {
  let [name, type]: [string, OnnxType] = ["", { kind: "value of an unknown kind" }];
  for (const { field, bytes: inner } of readFields(bytes)) {
    if (field === 1) name = readText(inner);
    else if (field === 2 && inner !== undefined) type = readType(inner, 0);
  }
  return { name, type, whole };
}

function readType(bytes: Uint8Array, depth: number): OnnxType {
  if (depth > DEEPEST) throw new RangeError(`its types stand more than ${DEEPEST} deep in one another`);
  for (const { field, bytes: inner } of readFields(bytes)) {
    if (inner === undefined) continue;
    if (field === 1) return readTensorType(inner);
    if (field === 4) return { kind: "sequence", of: readType(partOf(inner, 1), depth + 1) };
    if (field === 5) {
      return { kind: "map", key: numberOf(inner, 1), value: readType(partOf(inner, 2), depth + 1) };
    }
    if (field === 8) return { kind: "sparse tensor" };
    if (field === 9) return { kind: "optional" };
  }
  return { kind: "value of an unknown kind" };
}

function readTensorType(bytes: Uint8Array): OnnxType {
  let [element, shape]: [number, number[] | undefined] = [0, undefined];
  let firstName = "";
  for (const { field, value, bytes: inner } of readFields(bytes)) {
    if (field === 1) element = value;
    if (field !== 2 || inner === undefined) continue;
    shape = [];
    for (const dimension of readFields(inner)) {
      const size = dimension.bytes === undefined ? -1 : numberOf(dimension.bytes, 1, -1);
      if (shape.length === 0 && size === -1) firstName = nameOf(dimension.bytes, 2);
      shape.push(Number.isSafeInteger(size) ? size : -1);
    }
  }
  return { kind: "tensor", element, shape, ...(firstName === "" ? {} : { firstName }) };
}

function opsetOf(bytes: Uint8Array): number | undefined {
  const domain = nameOf(bytes, 1);
  return domain === "" || domain === "ai.onnx" ? numberOf(bytes, 2) : undefined;
}

function partOf(bytes: Uint8Array, wanted: number): Uint8Array {
  for (const { field, bytes: inner } of readFields(bytes)) if (field === wanted && inner !== undefined) return inner;
  return new Uint8Array();
}

function nameOf(bytes: Uint8Array | undefined, wanted: number): string {
  return bytes === undefined ? "" : readText(partOf(bytes, wanted));
}

function numberOf(bytes: Uint8Array, wanted: number, fallback = 0): number {
  for (const { field, value, bytes: inner } of readFields(bytes)) {
    if (field === wanted && inner === undefined) return value;
  }
  return fallback;
}

/** The list of text or whole numbers that an operator has as an attribute; undefined where it has none of that name. */
export function attributeList({ attributes }: OnnxNode, name: string): readonly (string | bigint)[] | undefined {
  const found = attributes.find((attribute) => nameOf(attribute, 1) === name);
  if (found === undefined) return undefined;
  const list: (string | bigint)[] = [];
  for (const { field, value, bytes } of readFields(found)) {
    if (field === 9) list.push(readText(bytes));
    else if (field === 8) list.push(...(bytes === undefined ? [BigInt(value)] : readPacked(bytes)));
  }
  return list;
}
