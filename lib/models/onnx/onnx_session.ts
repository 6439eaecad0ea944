import { ModelError, ShapeError } from "../../errors.ts";
import type { TensorInfo } from "../../protocol/reply.ts";
import type { Datatype } from "../../tensor/datatype.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { feedsOf, tensorsByInput } from "./onnx_input.ts";
import { type Given, neededFor, nestedOf, tensorsOf } from "./onnx_output.ts";
import { runFailure } from "./onnx_refusal.ts";
import type { InputForm, OutputForm } from "./onnx_rewrite.ts";
import { tensorOfColumn, tensorsOfRows } from "./onnx_rows.ts";
import type { OnnxBackend, RuntimeSession, RuntimeTensor } from "./onnx_runtime.ts";
import { checkTensor } from "./onnx_tensor.ts";

/** What a session is made of. */
export interface OnnxSessionParts {
  readonly session: RuntimeSession;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** The inputs whose number of dimensions the file does not say. */
  readonly anyShape: ReadonlySet<string>;
  /** What the file calls the first sizes of inputs and outputs, where they are free and it names them; empty where it has no shape. */
  readonly firstNames: ReadonlyMap<string, string>;
  readonly inputForms: ReadonlyMap<string, InputForm>;
  readonly outputForms: ReadonlyMap<string, OutputForm>;
  readonly backend: OnnxBackend;
  readonly reason: string;
}

const QUIET = { logSeverityLevel: 4 }; // what the runtime would write to the terminal, it also throws

/** A model from an ONNX file, ready to run. */
export class OnnxSession implements AsyncDisposable {
  readonly #parts: OnnxSessionParts;
  #running = 0;
  #onIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  /** Made by `openOnnx`. */
  constructor(parts: OnnxSessionParts) {
    this.#parts = parts;
  }

  /** What the model takes. */
  get inputs(): readonly TensorInfo[] {
    return this.#parts.inputs;
  }

  /**
   * What the model gives. For scikit-learn's `ZipMap` the tensor of its probabilities, `[rows, classes]`; of a sequence, the datatype
   * of its elements and no shape.
   */
  get outputs(): readonly TensorInfo[] {
    return this.#parts.outputs;
  }

  /** The names of the inputs that are sequences of tensors. */
  get sequences(): ReadonlySet<string> {
    return new Set([...this.#parts.inputForms].filter(([, { kind }]) => kind === "sequence").map(([name]) => name));
  }

  /**
   * What the file calls the first sizes of inputs and outputs, where they are free and it names them: sizes of one name are the same.
   * Empty for what has no shape in the file, and the runtime does not know it either.
   */
  get firstNames(): ReadonlyMap<string, string> {
    return this.#parts.firstNames;
  }

  /** What runs it: `webgpu`, `native` or `wasm`. */
  get backend(): OnnxBackend {
    return this.#parts.backend;
  }

  /** Why that runs it, for a person. */
  get reason(): string {
    return this.#parts.reason;
  }

  /**
   * Runs the model on nested lists by name; gives nested lists by name. Maps, as of scikit-learn's `ZipMap`, are a list of objects, and a
   * sequence is taken and given as the list of its elements. 64-bit integers are bigints where numbers do not hold them exactly.
   *
   * @throws {ShapeError} If an input is missing, unknown, ragged, or has another shape than the model takes.
   * @throws {TypeError} If a value is not of the input's datatype.
   * @throws {ModelError} If the runtime fails.
   */
  async run(feeds: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const strange = Object.keys(feeds).find((name) => !this.#parts.inputForms.has(name));
    const missing = this.inputs.find(({ name }) => !Object.hasOwn(feeds, name));
    if (strange !== undefined || missing !== undefined) {
      const given = Object.keys(feeds).join(", ") || "nothing";
      const taken = this.inputs.map(({ name }) => name).join(", ") || "nothing";
      throw new ShapeError(`Cannot run the model on ${given}: it takes ${taken}`);
    }
    const tensors = this.inputs.flatMap((info) => this.#tensorsOf(info, feeds[info.name]));
    return await this.#nested(tensors, this.outputs.map(({ name }) => name));
  }

  /**
   * Runs the model on tensors; typed arrays go to the runtime and come from it as they are. Of a sequence it takes and gives each
   * element, `name[0]`, `name[1]`; maps are the tensor of their values, with their labels in the parameter `labels`, JSON.
   *
   * @example
   * ```ts
   * import { deepStrictEqual } from "node:assert/strict";
   * import { openOnnx, Tensor } from "levada";
   *
   * await using model = await openOnnx("notebooks/models/iris_logreg.onnx");
   * const rows = new Tensor("X", { datatype: "FP32", shape: [1, 4], data: new Float32Array([6.9, 3.2, 5.7, 2.3]) });
   * const [label] = await model.runTensors([rows], ["label"]);
   * deepStrictEqual([label!.datatype, label!.shape, label!.data], ["INT64", [1], new BigInt64Array([2n])]);
   * ```
   *
   * @param outputs The names of the outputs that are wanted. Default: all.
   * @throws {ShapeError} If an input is missing, unknown, or has another shape than the model takes, or an output is unknown.
   * @throws {TypeError} If a tensor is not of the input's datatype.
   * @throws {ModelError} If the runtime fails.
   */
  async runTensors(tensors: readonly Tensor[], outputs?: readonly string[]): Promise<Tensor[]> {
    const names = outputs ?? this.outputs.map(({ name }) => name);
    const given = await this.#run(tensors, names);
    return names.flatMap((name) => tensorsOf(name, this.#parts.outputForms.get(name)!, given));
  }

  /**
   * Checks tensors and names of outputs as `runTensors` does, and runs nothing.
   *
   * @throws {ShapeError} If an input is missing, unknown, or has another shape than the model takes, or an output is unknown.
   * @throws {TypeError} If a tensor is not of the input's datatype.
   */
  check(tensors: readonly Tensor[], outputs: readonly string[]): void {
    this.#byInput(tensors);
    this.checkOutputs(outputs);
  }

  /**
   * Checks names of outputs.
   *
   * @throws {ShapeError} If the model gives none of that name.
   */
  checkOutputs(names: readonly string[]): void {
    this.#needed(names);
  }

  /**
   * The class of each row: what the model calls its label, else the place of the highest score.
   *
   * @param rows Shape `[rows, features]`; for a model of several inputs, objects by their names.
   */
  async labels(rows: readonly unknown[]): Promise<(number | string)[]> {
    if (rows.length === 0) return [];
    const label = this.outputs.find(({ datatype, shape }) =>
      (datatype === "INT64" || datatype === "BYTES") && shape.length === 1
    );
    if (label === undefined) {
      return (await this.probabilities(rows)).map((scores) => scores.indexOf(Math.max(...scores)));
    }
    return (await this.#nested(tensorsOfRows(this.inputs, rows), [label.name]))[label.name] as (number | string)[];
  }

  /**
   * The probabilities of each row's classes.
   *
   * @param rows Shape `[rows, features]`; for a model of several inputs, objects by their names.
   * @returns Shape `[rows, classes]`; each row sums to 1.
   * @throws {ModelError} If the model gives none.
   */
  async probabilities(rows: readonly unknown[]): Promise<number[][]> {
    const scores = this.outputs.find(({ datatype, shape }) => datatype.startsWith("FP") && shape.length === 2);
    if (scores === undefined) {
      throw new ModelError(
        `Cannot read probabilities from the model: its outputs are ${
          this.outputs.map(({ name, shape }) => `${name} [${shape}]`).join(", ")
        }`,
      );
    }
    if (rows.length === 0) return [];
    const [tensor] = await this.runTensors(tensorsOfRows(this.inputs, rows), [scores.name]);
    return tensor!.nested() as number[][];
  }

  /** What the model predicts for each row: its label, or, without labels, its first output. */
  async predict(rows: readonly unknown[]): Promise<unknown[]> {
    if (rows.length === 0) return [];
    const { name } = this.outputs[0]!;
    return answersOf((await this.#nested(tensorsOfRows(this.inputs, rows), [name]))[name]);
  }

  /** Releases the model, when what it is running has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((idle) => this.#onIdle = idle);
    await this.#parts.session.release();
  }

  async #nested(tensors: readonly Tensor[], names: readonly string[]): Promise<Record<string, unknown>> {
    const given = await this.runTensors(tensors, names);
    return Object.fromEntries(names.map((name) => [name, nestedOf(name, given)]));
  }

  async #run(tensors: readonly Tensor[], names: readonly string[]): Promise<Given> {
    if (this.#closing !== undefined) throw new ModelError("Cannot run the model: it is closed");
    const feeds: Record<string, RuntimeTensor> = {};
    for (const [info, own] of this.#byInput(tensors)) {
      Object.assign(feeds, feedsOf(this.#parts.inputForms.get(info.name)!, own, info));
    }
    const needed = this.#needed(names);
    this.#running += 1;
    try {
      return await this.#parts.session.run(feeds, needed, QUIET);
    } catch (error) {
      throw runFailure(error);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle?.();
    }
  }

  /** The tensors of each input, checked. */
  #byInput(tensors: readonly Tensor[]): (readonly [info: TensorInfo, own: readonly Tensor[]])[] {
    const found = tensorsByInput(tensors, this.#parts.inputForms);
    return this.inputs.map((info) => {
      const own = found.get(info.name)!;
      for (const tensor of own) checkTensor(tensor, { info, isAnyShape: this.#parts.anyShape.has(info.name) });
      return [info, own] as const;
    });
  }

  #tensorsOf(info: TensorInfo, values: unknown): Tensor[] {
    if (this.#parts.inputForms.get(info.name)!.kind !== "sequence") {
      return [tensorOfColumn(info, { place: this.inputs.length === 1 ? "inputs" : info.name, values })];
    }
    if (!Array.isArray(values)) throw new ShapeError(`Cannot read "${info.name}" as a sequence: it is no list`);
    return values.map((element, index) => Tensor.from(`${info.name}[${index}]`, element, info.datatype as Datatype));
  }

  #needed(names: readonly string[]): string[] {
    return names.flatMap((name) => {
      const form = this.#parts.outputForms.get(name);
      if (form !== undefined) return neededFor(form);
      throw new ShapeError(
        `Cannot give output "${name}": the model gives ${[...this.#parts.outputForms.keys()].join(", ")}`,
      );
    });
  }
}

/** An answer a row: rows of one value are that value. */
export function answersOf(output: unknown): unknown[] {
  if (!Array.isArray(output)) return [output];
  return output.map((row) => Array.isArray(row) && row.length === 1 ? row[0] : row);
}
