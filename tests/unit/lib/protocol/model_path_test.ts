import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { matchModelPath } from "../../../../lib/protocol/model_path.ts";

function model(name: string, operation = "", version?: string): unknown {
  return version === undefined ? { kind: "model", name, operation } : { kind: "model", name, version, operation };
}

const PATHS: Record<string, unknown> = {
  "/": { kind: "root" },
  "": { kind: "root" },
  "/v2/health": { kind: "health" },
  "/v2/health/": { kind: "health" },
  "/v2/health/live": { kind: "health" },
  "/v2/health/ready": { kind: "health" },
  "/v2/models": { kind: "models" },
  "/v2/models/": { kind: "models" },
  "/v2/models//": { kind: "models" },
  "/v2/models/m": model("m"),
  "/v2/models/m/": model("m"),
  "/v2/models/m/infer": model("m", "infer"),
  "/v2/models/m/infer/": model("m", "infer"),
  "/v2/models//m//infer": model("m", "infer"),
  "/v2/models/m:v1/infer": model("m:v1", "infer"),
  "/v2/models/m/versions/v1": model("m", "", "v1"),
  "/v2/models/m/versions/v1/infer": model("m", "infer", "v1"),
  "/v2/models/m/versions": model("m", "versions"),
  "/v2/models/m/a/b": model("m", "a/b"),
  "/v2/models/a%2Fb/infer": model("a/b", "infer"),
  "/v2/models/%C3%A9t%C3%A9/infer": model("été", "infer"),
  "/v2/models/été/infer": model("été", "infer"),
  "/v2/models/%F0%9F%8C%B8": model("🌸"),
  "/v2/models/../infer": model("..", "infer"),
  "/v2/models/%2E%2E/infer": model("..", "infer"),
  "/v2/models/__proto__/constructor": model("__proto__", "constructor"),
};

for (const [path, expected] of Object.entries(PATHS)) {
  Deno.test(`matchModelPath() reads "${path}"`, () => deepStrictEqual(matchModelPath(path), expected));
}

const REFUSED = [
  "//v2/models/m",
  "/V2/models/m",
  "/v1/models/m",
  "/v2",
  "/v2/",
  "/v2//models/m",
  "/v2/modelsm/infer",
  "/v2/health/else",
  "/v2/health/ready/x",
  "/metrics",
  "/m/infer",
  "v2/models/m",
  "/v2/models/%",
  "/v2/models/%C3/infer",
  "/v2/models/m/%FF",
];

for (const path of REFUSED) {
  Deno.test(`matchModelPath() finds nothing in "${path}"`, () => strictEqual(matchModelPath(path), undefined));
}

Deno.test("matchModelPath() takes another prefix", () => {
  deepStrictEqual(matchModelPath("/api/v2/models/m/infer", "/api/v2"), model("m", "infer"));
  strictEqual(matchModelPath("/v2/models/m/infer", "/api/v2"), undefined);
});

Deno.test("matchModelPath() reads a path of a million segments", () => {
  deepStrictEqual(matchModelPath(`/v2/models/m${"/".repeat(1_000_000)}infer`), model("m", "infer"));
});
