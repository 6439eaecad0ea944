/** The models of the unit tests behind `levada serve`, for clients of others. */

import { modelRouter, OnnxModel, serving, type ServingFunction } from "levada";
import { onnxFile } from "../../support/onnx_models.ts";

function models(): ServingFunction {
  const fn = serving("onnx");
  const router = fn.setTopology("router", modelRouter());
  for (const name of ["echo", "zip_texts", "joined", "pieces", "mlp"]) {
    router.addRoute(name, OnnxModel, { modelPath: onnxFile(name), backend: "native" });
  }
  router.addRoute("batched", OnnxModel, {
    modelPath: onnxFile("mlp"),
    backend: "native",
    warmUp: true,
    batching: { maxRows: 16, maxDelayMs: 5 },
  });
  return fn;
}

/** What `levada serve` serves. */
export default models();
