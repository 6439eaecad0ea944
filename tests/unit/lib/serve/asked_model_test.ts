import { deepStrictEqual } from "node:assert/strict";
import { keyParts, type ServedModel } from "../../../../lib/graph/served_model.ts";
import { askedModel, asksTensors } from "../../../../lib/serve/asked_model.ts";

function served(key: string): ServedModel {
  return { key, ...keyParts(key), state: "ready", facts: () => ({ platform: "levada", inputs: [], outputs: [] }) };
}

Deno.test("askedModel() finds the model of a path", () => {
  const models = ["a", "b:v1", "b:v2", "b:v2:x"].map(served);
  const asked = [
    "/v2/models/a/infer",
    "/v2/models/b/versions/v1/infer",
    "/v2/models/b:v2",
    "/v2/models/b",
    "/v2/models/a:v9",
    "/v2/models/c",
    "/",
  ]
    .map((path) => askedModel(models, path)?.key);
  deepStrictEqual(asked, ["a", "b:v1", "b:v2", "b:v2:x", undefined, undefined, undefined]);
});

Deno.test("askedModel() of a flow with one model is that one, where the path names none", () => {
  deepStrictEqual(["/", "/infer", "/v2/models/c"].map((path) => askedModel([served("a")], path)?.key), [
    "a",
    "a",
    undefined,
  ]);
});

Deno.test("asksTensors() where a model by its key reads tensors itself, and is asked to infer", () => {
  const models = [served("a"), { ...served("b:v1"), takesTensors: true }];
  const paths = [
    "/v2/models/b/versions/v1/infer",
    "/v2/models/b:v1/predict",
    "/v2/models/b:v1/explain",
    "/v2/models/b:v1",
    "/v2/models/b/infer",
    "/v2/models/a/infer",
    "/",
  ];
  deepStrictEqual(paths.map((path) => asksTensors(models, path)), [true, true, false, false, false, false, false]);
});
