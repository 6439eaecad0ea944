import type { Context } from "../graph/context.ts";
import type { Maybe } from "../graph/typing.ts";
import type { InferRequest } from "../protocol/reply.ts";
import type { TensorSpec } from "../tensor/tensor_spec.ts";
import { type ModelArgs, ModelServer } from "./model_server.ts";

/** What else a function's model says and does. */
export interface FunctionModelOptions<Request = InferRequest> {
  /** What it takes, for its metadata and for the steps before it. Default: nobody says. */
  inputs?: readonly TensorSpec[];
  /** What it gives. Default: nobody says. */
  outputs?: readonly TensorSpec[];
  /** Explains a prediction. Default: the model has no operation `explain`. */
  explain?: (request: Request, context: Context) => Maybe<unknown>;
}

/** The class of a model that is a function. */
export type FunctionModel<Request = InferRequest, Outputs = unknown> = new (
  args: ModelArgs,
  context: Context,
) => ModelServer<Request, Outputs>;

/**
 * Makes the class of a model from a function of its rows: with readiness, metadata and both dialects, where a plain function as a route
 * is only called.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { functionModel, serving } from "levada";
 *
 * const Sum = functionModel(({ inputs }) => inputs.map((row) => (row as number[]).reduce((sum, n) => sum + n, 0)), {
 *   inputs: [{ name: "row", datatype: "FP64", shape: [-1, 2] }],
 *   outputs: [{ name: "sum", datatype: "FP64", shape: [-1] }],
 * });
 *
 * const fn = serving("sums");
 * fn.setTopology("router").addRoute("sum", Sum);
 * await using server = await fn.toMockServer();
 * deepStrictEqual((await server.test("/v2/models/sum/infer", { inputs: [[1, 2], [3, 4]] })).outputs, [3, 7]);
 *
 * const tensor = { name: "row", datatype: "FP64", shape: [1, 2], data: [1, 2] };
 * deepStrictEqual((await server.test("/v2/models/sum/infer", { inputs: [tensor] })).outputs, [
 *   { name: "sum", datatype: "FP64", shape: [1], data: [3] },
 * ]);
 * ```
 *
 * @example Models one after another, each with its paths: the second gets what the first gave
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { functionModel, serving } from "levada";
 *
 * const Clean = functionModel(({ inputs }) => inputs.map((n) => Math.abs(Number(n))));
 * const Double = functionModel(({ inputs }) => inputs.map((n) => Number(n) * 2));
 *
 * const fn = serving("chain");
 * fn.setTopology("flow")
 *   .to("read", (rows: number[]) => ({ first: { inputs: rows } }))
 *   .to("clean", Clean, { inputPath: "first", resultPath: "clean" })
 *   .to("next", (body) => ({ ...body, second: { inputs: body.clean.outputs } }))
 *   .to("double", Double, { inputPath: "second", resultPath: "double" })
 *   .to("answer", ({ clean, double }) => ({ clean: clean.outputs, double: double.outputs }))
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", [-1, 2]), { clean: [1, 2], double: [2, 4] });
 * ```
 *
 * @param predict Gets the request and the context; gives one output a row, at once or later.
 */
export function functionModel<Request = InferRequest, Outputs = unknown>(
  predict: (request: Request, context: Context) => Maybe<Outputs>,
  { inputs, outputs, explain }: FunctionModelOptions<Request> = {},
): FunctionModel<Request, Outputs> {
  class Made extends ModelServer<Request, Outputs> {
    static readonly inputs = inputs;
    static readonly outputs = outputs;

    predict(request: Request, context: Context): Maybe<Outputs> {
      return predict(request, context);
    }
  }
  if (explain !== undefined) Made.prototype.explain = explain;
  Object.defineProperty(Made, "name", { value: predict.name || "FunctionModel" });
  return Made;
}
