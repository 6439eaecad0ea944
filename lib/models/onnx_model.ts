import { ShapeError, StatusError } from "../errors.ts";
import type { StepSignature } from "../graph/signature.ts";
import type { InferRequest, ModelMetadata } from "../protocol/reply.ts";
import { type ModelArgs, ModelServer } from "./model_server.ts";
import { openOnnx } from "./onnx_open.ts";
import type { OnnxSession } from "./onnx_session.ts";

/** Where an ONNX model lies. */
export interface OnnxModelArgs extends ModelArgs {
  /** The file, its directory, or its path without `.onnx`. */
  modelPath: string;
}

/**
 * A model server for any ONNX file that takes rows and gives an answer for each: the labels of a classifier, the numbers of a
 * regressor. Its metadata is read from the file.
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
 */
export class OnnxModel extends ModelServer<InferRequest, unknown[]> {
  #session: OnnxSession | undefined;

  /** Made by the router with the arguments of its route. */
  constructor(args: OnnxModelArgs, context: ConstructorParameters<typeof ModelServer>[1]) {
    super(args, context);
  }

  /** Opens the file at `modelPath`. */
  override async load(): Promise<void> {
    const { file } = await this.getModel(".onnx");
    this.#session = await openOnnx(file);
  }

  /**
   * Predicts one value a row.
   *
   * @throws {StatusError} 400 if the rows are not what the model takes.
   */
  override async predict({ inputs }: InferRequest): Promise<unknown[]> {
    try {
      refuseUnbounded(inputs, "inputs");
      return await this.#session!.predict(inputs);
    } catch (error) {
      if (!(error instanceof ShapeError) && !(error instanceof TypeError)) throw error;
      throw new StatusError(400, `Cannot ask model "${this.key}": ${error.message}`, { cause: error });
    }
  }

  /** What the file says of its inputs and outputs. */
  override signature(): Pick<ModelMetadata, "inputs" | "outputs"> {
    const { inputs = [], outputs = [] } = this.#session ?? {};
    return { inputs, outputs };
  }

  /** `predict` gives the first output of the file: the label of a classifier. */
  override takesAndGives(): StepSignature {
    const { inputs, outputs } = this.signature();
    return { inputs, outputs: outputs.slice(0, 1) };
  }

  /** Releases the model. */
  override async close(): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]();
    this.#session = undefined;
  }
}

const DEEPEST = 32; // deeper lists are refused by their shape; a hostile one must not exhaust the stack

/** NaN and infinities, which JSON cannot bring but another step can: a classifier would answer some class, as if it knew. */
function refuseUnbounded(values: readonly unknown[], path: string, depth = 0): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (Array.isArray(value) && depth < DEEPEST) refuseUnbounded(value, `${path}[${index}]`, depth + 1);
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new TypeError(`Cannot predict from ${path}[${index}]: it is ${value}`);
    }
  }
}
