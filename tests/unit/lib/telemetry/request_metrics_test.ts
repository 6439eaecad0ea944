import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Registry } from "../../../../lib/telemetry/registry.ts";
import { RequestMetrics } from "../../../../lib/telemetry/request_metrics.ts";

function open(models: readonly string[] = ["iris", "iris:v2"]) {
  const registry = new Registry();
  const metrics = new RequestMetrics(registry, { function: "f", models: () => models });
  const requests = () =>
    Object.fromEntries(
      registry.collect().find(({ name }) => name === "levada_requests")?.samples.map((
        { labels: { model, code }, value },
      ) => [`${model} ${code}`, value]) ?? [],
    );
  return { registry, metrics, requests };
}

Deno.test("end() counts by model and status; versions are models of their own, and the same path is found again", () => {
  const { metrics, requests } = open();
  for (
    const path of ["/v2/models/iris/infer", "/v2/models/iris/infer", "/v2/models/iris/versions/v2/infer", "/", "/x"]
  ) {
    metrics.begin();
    metrics.end(path, 200, performance.now());
  }
  metrics.begin();
  metrics.end("/v2/models/iris/infer", 503, performance.now());
  deepStrictEqual(requests(), { "iris 200": 2, "iris:v2 200": 1, " 200": 2, "iris 503": 1 });
  strictEqual(metrics.inFlight, 0);
});

Deno.test("end() gives no label to what callers make up", () => {
  const { registry, metrics, requests } = open();
  for (let n = 0; n < 5_000; n++) {
    metrics.begin();
    metrics.end(`/v2/models/m${n}/infer`, 404, performance.now());
  }
  deepStrictEqual(requests(), { " 404": 5_000 });
  strictEqual(registry.collect().find(({ name }) => name === "levada_dropped_series")?.samples[0]?.value, 0);
});

Deno.test("end() knows a model that is served later", () => {
  const models: string[] = [];
  const { metrics, requests } = open(models);
  const ask = () => {
    metrics.begin();
    metrics.end("/v2/models/late/infer", 200, performance.now());
  };
  ask();
  models.push("late");
  ask();
  deepStrictEqual(requests(), { " 200": 1, "late 200": 1 });
});

Deno.test("begin() tells what is not answered yet", () => {
  const { registry, metrics } = open();
  metrics.begin();
  const gauge = registry.collect().find(({ name }) => name === "levada_requests_in_flight");
  deepStrictEqual(gauge?.samples.map(({ value }) => value), [1]);
});
