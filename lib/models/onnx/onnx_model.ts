import { describeThrown, ModelError, ShapeError, StatusError } from "../../errors.ts";
import type { Context } from "../../graph/context.ts";
import type { ModelFacts } from "../../graph/served_model.ts";
import type { StepSignature } from "../../graph/signature.ts";
import type { InferRequest, ModelMetadata } from "../../protocol/reply.ts";
import { isObject } from "../../protocol/request_body.ts";
import type { TensorRequest } from "../../protocol/tensor_request.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { TensorBatchRequest } from "../batching/batch_tensors.ts";
import type { Batcher, BatchingOptions } from "../batching/batcher.ts";
import type { ModelFiles } from "../model_file.ts";
import { type ModelArgs, ModelServer } from "../model_server.ts";
import { type WarmUp, warmUpTensors } from "../warm_up.ts";
import { batcherOf } from "./onnx_batcher.ts";
import { openModelFile, openOnnx } from "./onnx_open.ts";
import { nestedOf } from "./onnx_output.ts";
import { ValuesError } from "./onnx_refusal.ts";
import { tensorsOfRows } from "./onnx_rows.ts";
import type { OnnxBackend } from "./onnx_runtime.ts";
import { answersOf, type OnnxSession } from "./onnx_session.ts";

/** Where an ONNX model lies, and how it runs. */
export interface OnnxModelArgs extends ModelArgs {
  /** The file, its directory, or its path without `.onnx`. */
  modelPath: string;
  /** What runs it, see `openOnnx`. Default: the best that is there. */
  backend?: OnnxBackend;
  /**
   * Joins requests that come at about the same time into one run along the first dimension, those of the same outputs and of the same
   * other sizes. It must be free in every input, and each row's answer its own. That is looked at when it is loaded: rows of `warmUp`, and
   * small made-up ones, are asked alone and together, and requests for an output that has no row for each, or another one beside others, run
   * alone. What depends only on large values, or from the 4th row on, is not seen. A class with a `batchKey` is believed. Default: each
   * request runs alone.
   */
  batching?: BatchingOptions;
  /**
   * What the model is asked when it is loaded, so that the first request need not wait for what a runtime does only once: zeros as its
   * file says (`true`), rows, or a request's body. Default: nothing.
   */
  warmUp?: WarmUp;
  /** Which outputs answer rows: one, by its name; or several, then each row's answer is an object. Default: the first. */
  output?: string | readonly string[];
}

/**
 * A model server for any ONNX file. Rows are answered with an answer for each: the labels of a classifier, the numbers of a
 * regressor; for a model of several inputs rows are objects by their names, `{ age: 36, city: "Oslo" }`. Requests of the open inference
 * protocol are answered with tensors, all or those that are asked for. Its metadata is read from the file.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { OnnxModel, serving } from "levada";
 *
 * const fn = serving("flowers");
 * fn.setTopology("router").addRoute("iris", OnnxModel, { modelPath: "notebooks/models/iris_forest.onnx" });
 *
 * await using server = await fn.toMockServer();
 * const reply = await server.test("/v2/models/iris/infer", { inputs: [[6.9, 3.2, 5.7, 2.3]] });
 * deepStrictEqual(reply.outputs, [2]);
 * ```
 *
 * @example Requests that come together run together, 64 rows at most; the model is asked once when it is loaded
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { OnnxModel, serving } from "levada";
 *
 * const fn = serving("flowers");
 * fn.setTopology("router").addRoute("iris", OnnxModel, {
 *   modelPath: "notebooks/models/iris_forest.onnx",
 *   batching: { maxRows: 64, maxDelayMs: 2 },
 *   warmUp: true,
 * });
 *
 * await using server = await fn.toMockServer();
 * const rows = [[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]];
 * const replies = await Promise.all(rows.map((row) => server.test("/v2/models/iris/infer", { inputs: [row] })));
 * deepStrictEqual(replies.map(({ outputs }) => outputs), [[0], [2]]);
 * ```
 */
export class OnnxModel extends ModelServer<InferRequest, unknown[]> {
  /** It joins tensors, not rows. */
  readonly batchesItself = true;
  /** Where a worker imports the class from. */
  static readonly module: string = import.meta.url;
  #session: OnnxSession | undefined;
  #batcher: Batcher<TensorBatchRequest, readonly Tensor[]> | undefined;

  /** Made by the router with the arguments of its route. */
  constructor(args: OnnxModelArgs, context: ConstructorParameters<typeof ModelServer>[1]) {
    super(args, context);
  }

  /** Opens the file at `modelPath`, and asks it what `warmUp` says. */
  override async load(): Promise<void> {
    const { file, beside, before, keep } = await this.getModel(".onnx");
    const { backend, batching, output, warmUp } = this.args as OnnxModelArgs;
    const session = await openModelFile(file, { backend, beside }).then(
      async (opened) => {
        await keep?.();
        return opened;
      },
      (error) => this.#openBefore(before, error),
    );
    try {
      session.checkOutputs(this.#answering(session, output));
      await warm(session, warmUp);
      this.#batcher = batching && await batcherOf(this, session, { options: batching, warmUp });
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
    this.#session = session;
    if (session.backend === "wasm" && backend === undefined) {
      this.context.log.warn(`Model "${this.key}" runs on WebAssembly, which is slower: ${session.reason}`);
    }
  }

  /**
   * Predicts one value a row.
   *
   * @throws {StatusError} 400 if the rows are not what the model takes.
   */
  override async predict({ inputs }: InferRequest, context: Context): Promise<unknown[]> {
    if (inputs.length === 0) return [];
    const { output } = this.args as OnnxModelArgs;
    const names = this.#answering(this.#session!, output);
    const given = await this.#ask(() => {
      refuseUnbounded(inputs, "inputs");
      return { inputs: tensorsOfRows(this.#session!.inputs, inputs), outputs: names };
    }, context);
    const [first, ...others] = names.map((name) => this.#rowsOf(name, answersOf(nestedOf(name, given)), inputs));
    if (output === undefined || typeof output === "string") return first!;
    return first!.map((_, row) =>
      Object.fromEntries([first!, ...others].map((answers, index) => [names[index], answers[row]]))
    );
  }

  /**
   * Answers tensors with tensors: all outputs, or those that are asked for.
   *
   * @throws {StatusError} 400 if the tensors are not what the model takes, or it has no such output.
   */
  override async predictTensors({ inputs, outputs = [] }: TensorRequest, context: Context): Promise<readonly Tensor[]> {
    const asked = outputs.length > 0 ? outputs : this.#session!.outputs;
    return await this.#ask(() => ({ inputs, outputs: asked.map(({ name }) => name) }), context);
  }

  /** What the file says of its inputs and outputs. */
  override signature(): Pick<ModelMetadata, "inputs" | "outputs"> {
    const { inputs = [], outputs = [] } = this.#session ?? {};
    return { inputs, outputs };
  }

  /** `predict` gives the first output of the file, the label of a classifier, or those that `output` says. */
  override takesAndGives(): StepSignature {
    const { inputs, outputs } = this.signature();
    const names = this.#session && this.#answering(this.#session, (this.args as OnnxModelArgs).output);
    return { inputs, outputs: outputs.filter(({ name }) => names?.includes(name)) };
  }

  /** With the argument `batching`: only requests of one key are joined. Default: all of the same outputs and the same other sizes. */
  override batchKey?(request: TensorBatchRequest): string | number;

  /** With the argument `batching`: what a request costs, 0 or more, where `maxCost` says how much a batch may. Default: 0. */
  override batchCost?(request: TensorBatchRequest): number;

  /** The file's inputs and outputs, and what runs it. */
  override facts(): ModelFacts {
    const { backend, reason } = this.#session ?? {};
    return { platform: "onnxruntime_onnx", ...this.signature(), ...(backend === undefined ? {} : { backend, reason }) };
  }

  /** Releases the model. */
  override async close(): Promise<void> {
    this.#batcher?.flush();
    await this.#session?.[Symbol.asyncDispose]();
    this.#session = undefined;
  }

  /** A store may answer with what is no model, a login page say, with all signs of success: what was kept before serves. */
  async #openBefore(before: ModelFiles["before"], error: unknown): Promise<OnnxSession> {
    const kept = await before?.();
    if (kept === undefined) throw error;
    this.context.log.warn(`Model "${this.key}": ${describeThrown(error).message}. What was kept of it before serves`);
    return await openOnnx(kept, { backend: (this.args as OnnxModelArgs).backend });
  }

  /** The answers, one a row: another number of them would be read as if the first belonged to the first row. */
  #rowsOf(name: string, answers: unknown[], { length: rows }: readonly unknown[]): unknown[] {
    const { inputs, outputs } = this.#session!;
    if (!inputs.every(({ shape }) => shape[0] === -1)) return answers; // its rows are not those that are asked
    const [size = -1] = outputs.find((output) => output.name === name)!.shape;
    if (answers.length === rows && size <= 1) return answers; // of exporters some write 1 where the size is free
    const cure = "Ask it with tensors, which tell their shape";
    const state = size > 1
      ? `its output "${name}" always has ${size}, whatever the number of rows`
      : `its output "${name}" has ${answers.length} answers for ${rows} rows`;
    throw new ModelError(`Cannot answer rows by model "${this.key}": ${state}. ${cure}`);
  }

  #answering({ outputs }: OnnxSession, output: OnnxModelArgs["output"]): readonly string[] {
    return output === undefined ? [outputs[0]!.name] : typeof output === "string" ? [output] : output;
  }

  /** Runs a request, alone or with others; a bad one is refused before it meets others. */
  async #ask(request: () => TensorBatchRequest, context: Context): Promise<readonly Tensor[]> {
    const session = this.#session!;
    try {
      const asked = request();
      if (this.#batcher === undefined) return await session.runTensors(asked.inputs, asked.outputs);
      session.check(asked.inputs, asked.outputs);
      return await this.#batcher.ask(asked, context.signal);
    } catch (error) {
      if (!(error instanceof ShapeError || error instanceof TypeError || error instanceof ModelError)) throw error;
      const message = `Cannot ask model "${this.key}": ${error.message}`;
      if (error instanceof ModelError && !(error instanceof ValuesError)) {
        throw new ModelError(message, { cause: error });
      }
      throw new StatusError(400, message, { cause: error });
    }
  }
}

async function warm(session: OnnxSession, wish: WarmUp | undefined): Promise<void> {
  const tensors = warmUpTensors(wish, session.inputs, session.sequences);
  if (tensors === undefined) return;
  try {
    await session.runTensors(tensors);
  } catch (error) {
    const cure = wish === true ? "; say in warmUp which rows or tensors it takes" : "";
    throw new ModelError(`its warm-up failed: ${describeThrown(error).message}${cure}`, {
      cause: error,
    });
  }
}

const DEEPEST = 32; // deeper lists are refused by their shape; a hostile one must not exhaust the stack

/** NaN and infinities, which JSON cannot bring but another step can: a classifier would answer some class, as if it knew. */
function refuseUnbounded(values: unknown, path: string): void {
  const found = findUnbounded(values, 0);
  if (found !== undefined) throw new TypeError(`Cannot predict from ${path}${found.place}: it is ${found.value}`);
}

/** The first of them, and where; the place is written on the way back, since of millions of values hardly one needs it. */
function findUnbounded(values: unknown, depth: number): { value: number; place: string } | undefined {
  if (typeof values === "number") return Number.isFinite(values) ? undefined : { value: values, place: "" };
  if (depth > DEEPEST) return undefined;
  if (Array.isArray(values)) {
    for (let index = 0; index < values.length; index++) {
      const found = findUnbounded(values[index], depth + 1);
      if (found !== undefined) return { ...found, place: `[${index}]${found.place}` };
    }
  } else if (isObject(values)) {
    for (const [name, value] of Object.entries(values)) {
      const found = findUnbounded(value, depth + 1);
      if (found !== undefined) return { ...found, place: `.${name}${found.place}` };
    }
  }
  return undefined;
}
