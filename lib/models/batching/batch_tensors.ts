/** Batching for models that take tensors: they are joined along their first dimension, and so are the answers split. */

import type { TensorInfo } from "../../protocol/reply.ts";
import type { Datatype, TensorData } from "../../tensor/datatype.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { UnsplitError } from "./batcher.ts";

/** One request, as a rule of one's own sees it. */
export interface TensorBatchRequest {
  /** In the order of the model's inputs; all have as many rows. */
  readonly inputs: readonly Tensor[];
  /** The names of the outputs that are wanted. */
  readonly outputs: readonly string[];
}

/** What a model declares of itself. */
export interface DeclaredTensors {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** What it calls the first sizes of inputs and outputs, where it names them; empty for what it declares no shape of. */
  readonly firstNames: ReadonlyMap<string, string>;
}

/** Whether an output has a row for each row of the inputs; `unknown`: the model does not say. */
export type HasRows = "yes" | "no" | "unknown";

/**
 * Whether each output has a row for each row of the inputs, by what the model declares: a free first size of a name that an input's has.
 * What has a fixed one could only be cut into pieces that are nobody's answer.
 */
export function rowsDeclared({ inputs, outputs, firstNames }: DeclaredTensors): ReadonlyMap<string, HasRows> {
  const names = inputs.flatMap(({ name }) => firstNames.get(name) ?? []);
  const isRows = ({ name, shape }: TensorInfo): HasRows => {
    if (shape.length > 0 && shape[0] !== -1) return "no";
    const own = firstNames.get(name) ?? "";
    return own !== "" && names.includes(own) ? "yes" : "unknown";
  };
  return new Map(outputs.map((output) => [output.name, isRows(output)]));
}

/** How many rows a request has: the first size that its tensors share; undefined where they share none, or an output has no rows. */
export function rowsOf(
  { inputs, outputs }: TensorBatchRequest,
  inRows: ReadonlySet<string>,
): number | undefined {
  const rows = inputs[0]?.shape[0];
  const isShared = inputs.every(({ shape }) => shape[0] === rows) && outputs.every((name) => inRows.has(name));
  return isShared ? rows : undefined;
}

/** Requests of one key can be joined: the same outputs of tensors whose other sizes are the same. */
export function joinKey({ inputs, outputs }: TensorBatchRequest): string {
  return JSON.stringify([outputs, inputs.map(({ name, shape }) => [name, ...shape.slice(1)])]);
}

/** Joins requests of one key. */
export function joinTensors(requests: readonly TensorBatchRequest[]): TensorBatchRequest {
  const [first] = requests;
  const inputs = first!.inputs.map(({ name, datatype, shape }) => {
    const parts = requests.map((request) => request.inputs.find((tensor) => tensor.name === name)!);
    const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
    return new Tensor(name, {
      datatype,
      shape: [rows, ...shape.slice(1)],
      data: joinData(parts.map(({ data }) => data)),
    });
  });
  return { inputs, outputs: first!.outputs };
}

/** Puts the values of several tensors of one datatype behind each other. */
export function joinData(parts: readonly TensorData[]): TensorData {
  const [first] = parts;
  if (Array.isArray(first)) return (parts as readonly string[][]).flat();
  const typed = parts as readonly Float32Array[]; // any class will do: they are all of one
  const Class = first!.constructor as new (length: number) => Float32Array;
  const whole = new Class(typed.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of typed) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Splits what a model gave to joined requests; the parts are views.
 *
 * @throws {UnsplitError} If an output has not as many rows as all requests together.
 */
export function splitTensors(outputs: readonly Tensor[], rows: readonly number[]): Tensor[][] {
  checkRows(outputs, rows.reduce((sum, count) => sum + count, 0));
  let at = 0;
  return rows.map((count) => {
    const part = outputs.map((output) => rowsFrom(output, at, count));
    at += count;
    return part;
  });
}

/**
 * Checks that outputs have as many rows as they should.
 *
 * @throws {UnsplitError} If one has not.
 */
export function checkRows(outputs: readonly Tensor[], rows: number): void {
  const odd = outputs.find(({ shape }) => shape[0] !== rows);
  if (odd !== undefined) throw new UnsplitError(`output "${odd.name}" has the shape [${odd.shape}] for ${rows} rows`);
}

function rowsFrom({ name, datatype, shape, data, parameters }: Tensor, from: number, count: number): Tensor {
  const width = shape[0] === 0 ? 0 : data.length / shape[0]!;
  const [begin, end] = [from * width, (from + count) * width];
  const part = Array.isArray(data) ? data.slice(begin, end) : (data as Float32Array).subarray(begin, end);
  return new Tensor(name, {
    datatype: datatype as Datatype,
    shape: [count, ...shape.slice(1)],
    data: part,
    parameters,
  });
}
