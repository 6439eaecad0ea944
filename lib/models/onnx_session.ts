import { ModelError, ShapeError } from "../errors.ts";
import type { TensorInfo } from "../protocol/reply.ts";
import { openItem } from "../stores/data_item.ts";
import { type Datatype, decodeData, encodeData } from "../tensor/datatype.ts";
import { flatten, nest, placeOf } from "../tensor/nested.ts";
import {
  loadRuntime,
  type NativeInfo,
  type NativeSession,
  type NativeTensor,
  type OnnxRuntime,
} from "./onnx_runtime.ts";

const DATATYPES: Readonly<Record<string, Datatype>> = {
  float32: "FP32",
  float64: "FP64",
  int64: "INT64",
  int32: "INT32",
  bool: "BOOL",
  string: "BYTES",
};
const NATIVE = Object.fromEntries(Object.entries(DATATYPES).map(([native, datatype]) => [datatype, native]));

/** A model from an ONNX file, ready to run. */
export class OnnxSession implements AsyncDisposable {
  readonly #runtime: OnnxRuntime;
  readonly #session: NativeSession;
  /** What the model takes. */
  readonly inputs: readonly TensorInfo[];
  /** What the model gives. */
  readonly outputs: readonly TensorInfo[];
  /** What runs it. */
  readonly backend = "native";

  /** Made by `openOnnx`. */
  constructor(runtime: OnnxRuntime, session: NativeSession) {
    this.#runtime = runtime;
    this.#session = session;
    this.inputs = session.inputMetadata.map(infoOf);
    this.outputs = session.outputMetadata.map(infoOf);
  }

  /**
   * Runs the model on nested lists by name; gives nested lists by name.
   *
   * @throws {ShapeError} If an input is missing, unknown, ragged, or has another shape than the model takes.
   * @throws {TypeError} If a value is not of the input's datatype.
   */
  async run(feeds: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const names = this.inputs.map(({ name }) => name);
    const unknown = Object.keys(feeds).filter((name) => !names.includes(name));
    const missing = names.filter((name) => !Object.hasOwn(feeds, name));
    if (unknown.length + missing.length > 0) {
      throw new ShapeError(
        `Cannot run the model on ${Object.keys(feeds).join(", ") || "nothing"}: it takes ${names.join(", ")}`,
      );
    }
    const tensors = this.inputs.map((info) => [info.name, this.#tensor(info, feeds[info.name])] as const);
    const results = await this.#session.run(Object.fromEntries(tensors));
    return Object.fromEntries(
      Object.entries(results).map(([name, { data, dims }]) => [name, nest(decodeData(data), dims)]),
    );
  }

  /**
   * The class of each row: what the model calls its label, else the place of the highest score.
   *
   * @param rows Shape `[rows, features]`.
   */
  async labels(rows: readonly unknown[]): Promise<(number | string)[]> {
    if (rows.length === 0) return [];
    const results = await this.#runRows(rows);
    const label = this.outputs.find(({ datatype, shape }) =>
      (datatype === "INT64" || datatype === "BYTES") && shape.length === 1
    );
    if (label !== undefined) return results[label.name] as (number | string)[];
    return (this.#scores(results)).map((scores) => scores.indexOf(Math.max(...scores)));
  }

  /**
   * The probabilities of each row's classes.
   *
   * @param rows Shape `[rows, features]`.
   * @returns Shape `[rows, classes]`; each row sums to 1.
   * @throws {ModelError} If the model gives none.
   */
  async probabilities(rows: readonly unknown[]): Promise<number[][]> {
    return rows.length === 0 ? [] : this.#scores(await this.#runRows(rows));
  }

  /** What the model predicts for each row: its label, or, without labels, its first output. */
  async predict(rows: readonly unknown[]): Promise<unknown[]> {
    if (rows.length === 0) return [];
    const results = await this.#runRows(rows);
    const first = results[this.outputs[0]!.name] as unknown[];
    return first.map((row) => Array.isArray(row) && row.length === 1 ? row[0] : row);
  }

  /** Releases the model. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }

  async #runRows(rows: readonly unknown[]): Promise<Record<string, unknown>> {
    const [input, second] = this.inputs;
    if (input === undefined || second !== undefined) {
      throw new ShapeError(
        `Cannot run the model on rows: it takes ${this.inputs.length} inputs. Call run({ … }) with ${
          this.inputs.map(({ name }) => name).join(", ")
        }`,
      );
    }
    return await this.run({ [input.name]: rows });
  }

  #scores(results: Readonly<Record<string, unknown>>): number[][] {
    const scores = this.outputs.find(({ datatype, shape }) => datatype.startsWith("FP") && shape.length === 2);
    if (scores !== undefined) return results[scores.name] as number[][];
    throw new ModelError(
      `Cannot read probabilities from the model: its outputs are ${
        this.outputs.map(({ name, shape }) => `${name} [${shape}]`).join(", ")
      }`,
    );
  }

  #tensor({ name, datatype, shape }: TensorInfo, nested: unknown): NativeTensor {
    const flat = flatten("inputs", nested);
    const fits = flat.shape.length === shape.length &&
      shape.every((size, index) => size === -1 || size === flat.shape[index]);
    if (!fits) {
      throw new ShapeError(
        `Cannot read "inputs" as ${datatype} of shape [${shape}], which input "${name}" of the model takes: it has shape [${flat.shape}]`,
      );
    }
    const data = encodeData(datatype as Datatype, flat.values, (index) => placeOf("inputs", flat.shape, index));
    return new this.#runtime.Tensor(NATIVE[datatype]!, data, flat.shape);
  }
}

/**
 * Opens an ONNX file on the native runtime.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { openOnnx } from "levada";
 *
 * await using model = await openOnnx("notebooks/models/iris_logreg.onnx");
 * deepStrictEqual(await model.labels([[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]]), [0, 2]);
 * ```
 *
 * @throws {ModelError} If the file is missing, empty, or no ONNX model that the runtime can run.
 */
export async function openOnnx(file: string): Promise<OnnxSession> {
  const { kind, bytes } = await openItem(file).stat().catch((error) => {
    throw new ModelError(
      `Cannot open model file "${file}": ${
        error instanceof Deno.errors.NotFound ? "there is no such file" : error.message
      }`,
      { cause: error },
    );
  });
  if (kind === "directory" || bytes === 0) {
    throw new ModelError(`Cannot open model file "${file}": it is ${kind === "directory" ? "a directory" : "empty"}`);
  }
  const runtime = await loadRuntime();
  try {
    const session = await runtime.InferenceSession.create(openItem(file).uri, { logSeverityLevel: 4 });
    const foreign = [...session.inputMetadata, ...session.outputMetadata].find(({ isTensor, type }) =>
      !isTensor || DATATYPES[type ?? ""] === undefined
    );
    if (foreign !== undefined) {
      await session.release();
      throw new TypeError(
        `"${foreign.name}" is ${
          foreign.isTensor ? `a tensor of ${foreign.type}` : "no tensor"
        }; export the model with tensors of ${Object.keys(DATATYPES).join(", ")} (for scikit-learn: { zipmap: False })`,
      );
    }
    return new OnnxSession(runtime, session);
  } catch (error) {
    throw new ModelError(
      `Cannot open model file "${file}" as ONNX: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function infoOf({ name, type, shape }: NativeInfo): TensorInfo {
  return {
    name,
    datatype: DATATYPES[type ?? ""] ?? "BYTES",
    shape: (shape ?? []).map((size) => typeof size === "number" ? size : -1),
  };
}
