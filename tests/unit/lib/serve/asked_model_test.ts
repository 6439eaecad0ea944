import { deepStrictEqual } from "node:assert/strict";
import { keyParts, type ServedModel } from "../../../../lib/graph/served_model.ts";
import { askedModel } from "../../../../lib/serve/asked_model.ts";

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
