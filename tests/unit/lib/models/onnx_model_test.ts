import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { OnnxModel } from "../../../../lib/models/onnx_model.ts";
import { modelRouter } from "../../../../lib/routers/model_router.ts";
import { votingEnsemble } from "../../../../lib/routers/voting_ensemble.ts";
import { openRouter, timeless } from "../../../support/open_router.ts";

const FOLDER = new URL("../../../../notebooks/models", import.meta.url).pathname;
const ROWS = [[5.1, 3.5, 1.4, 0.2], [5.0, 2.0, 3.5, 1.0], [6.7, 3.0, 5.0, 1.7], [6.9, 3.2, 5.7, 2.3], [
  5.9,
  3.0,
  5.1,
  1.8,
]];
const CLASSES = [0, 1, 2, 2, 2];
const MODELS = {
  model1: [OnnxModel, { modelPath: `${FOLDER}/iris_logreg/` }],
  model2: [OnnxModel, { modelPath: `${FOLDER}/iris_forest.onnx` }],
} as const;

Deno.test("OnnxModel behind a router answers the class of each row", async () => {
  await using router = await openRouter(modelRouter(), MODELS);
  for (const model of ["model1", "model2"]) {
    const reply = await router.ask(`/v2/models/${model}/infer`, { inputs: ROWS });
    deepStrictEqual(timeless(reply), { id: "ev1", model_name: model, outputs: CLASSES });
  }
});

Deno.test("OnnxModel behind an ensemble votes", async () => {
  await using router = await openRouter(votingEnsemble(), MODELS);
  deepStrictEqual(await router.ask("/v2/models/infer", { inputs: ROWS }), {
    id: "ev1",
    model_name: "router",
    outputs: CLASSES,
  });
});

Deno.test("OnnxModel answers no rows with no answers", async () => {
  await using router = await openRouter(modelRouter(), MODELS);
  const reply = await router.ask("/v2/models/model1/infer", { inputs: [] });
  deepStrictEqual(timeless(reply), { id: "ev1", model_name: "model1", outputs: [] });
});

Deno.test("OnnxModel tells what its file says of inputs and outputs", async () => {
  await using router = await openRouter(modelRouter(), MODELS);
  deepStrictEqual(await router.ask("/v2/models/model1", null, { method: "GET" }), {
    name: "model1",
    model_endpoint_uid: "",
    inputs: [{ name: "X", datatype: "FP32", shape: [-1, 4] }],
    outputs: [
      { name: "label", datatype: "INT64", shape: [-1] },
      { name: "probabilities", datatype: "FP32", shape: [-1, 3] },
    ],
  });
});

const REFUSED: readonly (readonly [inputs: unknown, message: RegExp])[] = [
  [[[1, 2, 3]], /shape \[-1,4\].*has shape \[1,3\]/],
  [[5], /has shape \[1\]/],
  [[[]], /has shape \[1,0\]/],
  [[[1, 2, 3, 4], [1, 2]], /inputs\[1\] has 2/],
  [[[1, 2, 3, "x"]], /inputs\[0\]\[3\] as FP32: it is the text "x"/],
  [[[1, 2, 3, null]], /inputs\[0\]\[3\] as FP32: it is null/],
  [[[1, 2, 3, true]], /inputs\[0\]\[3\] as FP32: it is a boolean/],
  [[[1, 2, 3, {}]], /inputs\[0\]\[3\] as FP32: it is a object/],
  [[[1, 2, 3, NaN]], /inputs\[0\]\[3\]: it is NaN/],
  [[[1, Infinity, 3, 4]], /inputs\[0\]\[1\]: it is Infinity/],
  [["text"], /inputs\[0\] as FP32: it is the text "text"/],
  [JSON.parse("[".repeat(20_000) + "]".repeat(20_000)), /more than 32 deep/],
];

for (const [inputs, message] of REFUSED) {
  Deno.test(`OnnxModel answers 400 to ${Deno.inspect(inputs, { depth: 3 })}, and lives on`, async () => {
    await using router = await openRouter(modelRouter(), MODELS);
    await rejects(router.ask("/v2/models/model1/infer", { inputs }), (error) => {
      ok(error instanceof StatusError, String(error));
      strictEqual(error.status, 400);
      ok(error.message.startsWith('Cannot ask model "model1": '), error.message);
      ok(message.test(error.message), error.message);
      return true;
    });
    deepStrictEqual(timeless(await router.ask("/v2/models/model1/infer", { inputs: ROWS })), {
      id: "ev1",
      model_name: "model1",
      outputs: CLASSES,
    });
  });
}

Deno.test("OnnxModel tells which model has no file, and where it looked", async () => {
  await rejects(openRouter(modelRouter(), { gone: [OnnxModel, { modelPath: `${FOLDER}/gone` }] }), {
    name: "ModelError",
    message: /Cannot load model "gone": .* there is no ".*gone" nor ".*gone\.onnx"/,
  });
});

Deno.test("OnnxModel tells which model's file is broken", async () => {
  const modelPath = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    await Deno.writeTextFile(modelPath, "no model");
    await rejects(openRouter(modelRouter(), { broken: [OnnxModel, { modelPath }] }), {
      name: "ModelError",
      message: /Cannot load model "broken": Cannot open model file ".*\.onnx" as ONNX: /,
    });
  } finally {
    await Deno.remove(modelPath);
  }
});
