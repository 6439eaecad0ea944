import type { RouteClass } from "../graph/routes.ts";
import type { ModelArgs } from "../models/model_server.ts";
import { OnnxModel } from "../models/onnx/onnx_model.ts";
import type { FunctionOptions } from "./function_options.ts";
import { ServingFunction } from "./serving.ts";

/** The functions of the hub, by name: each is the class that its models are made of. */
const HUB: Readonly<Record<string, RouteClass<ModelArgs & { modelPath: string }>>> = {
  v2_model_server: OnnxModel,
};

/**
 * Takes a ready function from the hub, which ships with the library and works without a network: `hub://v2_model_server` is a
 * router of ONNX models.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { importFunction } from "levada";
 *
 * const fn = importFunction("hub://v2_model_server");
 * fn.addModel("iris", { modelPath: "notebooks/models/iris_logreg.onnx" });
 *
 * await using server = await fn.toMockServer();
 * const reply = await server.test("/v2/models/iris/infer", { inputs: [[5.1, 3.5, 1.4, 0.2]] });
 * deepStrictEqual(reply.outputs, [0]);
 * ```
 *
 * @throws {RangeError} For an unknown name; the message lists what there is.
 */
export function importFunction(url: string, options: FunctionOptions = {}): ServingFunction {
  const name = /^hub:\/\/([^/:]+)$/.exec(url)?.[1];
  const Model = name === undefined || !Object.hasOwn(HUB, name) ? undefined : HUB[name];
  if (name === undefined || Model === undefined) {
    const known = Object.keys(HUB).map((key) => `hub://${key}`).join(", ");
    throw new RangeError(`Cannot import function "${url}": the hub has ${known}`);
  }
  return new ServingFunction(name.replaceAll("_", "-"), options, Model as RouteClass<ModelArgs>);
}
