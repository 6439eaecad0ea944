import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { FlowEvent } from "levada";
import type { Log } from "../../../../lib/graph/context.ts";
import { Registry } from "../../../../lib/telemetry/registry.ts";
import { RequestMetrics } from "../../../../lib/telemetry/request_metrics.ts";
import { RequestWatch, routeOf } from "../../../../lib/telemetry/request_watch.ts";

function open() {
  const registry = new Registry();
  const metrics = new RequestMetrics(registry, { function: "f", models: () => ["iris"] });
  const lines: Readonly<Record<string, unknown>>[] = [];
  const quiet = () => {};
  const accessLog: Log = {
    debug: quiet,
    warn: quiet,
    error: quiet,
    info: (_message, fields) => void lines.push(fields!),
  };
  const codes = () =>
    registry.collect().find(({ name }) => name === "levada_requests")?.samples.map(({ labels, value }) =>
      `${labels.model} ${labels.code} ${value}`
    );
  return { metrics, lines, accessLog, codes };
}

Deno.test("RequestWatch.answer() counts by status, and writes which event it was", async () => {
  const { metrics, lines, accessLog, codes } = open();
  const watch = new RequestWatch({ metrics, accessLog });
  const request = new Request("http://x/v2/models/iris/infer", { method: "POST" });
  const response = await watch.answer(request, "/v2/models/iris/infer", (asked) => {
    asked?.becomes(new FlowEvent(1, { id: "e1" }));
    return Promise.resolve(new Response(null, { status: 429 }));
  });
  strictEqual(response.status, 429);
  deepStrictEqual(codes(), ["iris 429 1"]);
  const [{ tookMs, ...line }] = lines as [Record<string, unknown>];
  deepStrictEqual([typeof tookMs, line], ["number", {
    method: "POST",
    path: "/v2/models/iris/infer",
    status: 429,
    event: "e1",
  }]);
});

Deno.test("RequestWatch.answer() asks for nothing more where only metrics are wanted", async () => {
  const { metrics, codes } = open();
  const watch = new RequestWatch({ metrics });
  await watch.answer(new Request("http://x/"), "/", (asked) => {
    strictEqual(asked, undefined);
    return Promise.resolve(new Response());
  });
  deepStrictEqual(codes(), [" 200 1"]);
});

Deno.test("routeOf() has a placeholder for what is one caller's", () => {
  deepStrictEqual(
    ["/", "/v2/health/ready", "/v2/models", "/v2/models/a", "/v2/models/a/versions/1/infer", "/x", "/v2/models/%zz"]
      .map(routeOf),
    [
      "/",
      "/v2/health",
      "/v2/models",
      "/v2/models/{model}",
      "/v2/models/{model}/versions/{version}/{operation}",
      undefined,
      undefined,
    ],
  );
});
