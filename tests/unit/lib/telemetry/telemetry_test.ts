import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  batch,
  filter,
  type InferRequest,
  ModelServer,
  openTelemetry,
  queue,
  serving,
  StatusError,
  type Telemetry,
} from "levada";
import { askWorkers, collectOf, watchWorker } from "../../../../lib/telemetry/telemetry.ts";

class Twice extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    this.context.metric("rows_total", inputs.length);
    return inputs.map((n) => Number(n) * 2);
  }
}

/** All values but times and sizes, by name and labels. */
async function values(telemetry: Telemetry): Promise<Record<string, number>> {
  const { text } = await telemetry.text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.filter((line) => !/_bucket|_sum|_seconds\b(?!_count)|_bytes|build_info/.test(line)).map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at).replaceAll(/function="f",?/g, ""), Number(line.slice(at))];
    }),
  );
}

Deno.test("openTelemetry() measures requests, steps, models, queues, failures and what steps measure", async () => {
  const telemetry = await openTelemetry();
  const fn = serving("f");
  const flow = fn.setTopology("flow");
  flow.to("whole", filter((body: { inputs: number[] }) => body.inputs !== undefined))
    .to("checked", (body) => {
      if (body.inputs.length === 0) throw new StatusError(422, "no rows");
      return body;
    })
    .to("twice", Twice).respond()
    .to("later", queue())
    .to("kept", batch({ maxEvents: 10 }));
  await using server = await fn.toMockServer({ telemetry, log: { debug() {}, info() {}, warn() {}, error() {} } });
  deepStrictEqual((await server.test("/", { inputs: [1, 2] })).outputs, [2, 4]);
  strictEqual((await server.test("/", { inputs: [] }, { silent: true })).status, 422);
  strictEqual((await server.test("/", {}, { silent: true })).status, 204);
  const found = await values(telemetry);
  const expected = {
    'levada_requests_total{model="",code="200"}': 1,
    'levada_requests_total{model="",code="204"}': 1,
    'levada_requests_total{model="",code="422"}': 1,
    'levada_request_duration_seconds_count{model=""}': 3,
    'levada_step_events_total{step="whole"}': 3,
    'levada_step_events_total{step="checked"}': 2,
    'levada_step_duration_seconds_count{step="checked"}': 2,
    'levada_step_events_total{step="twice"}': 1,
    'levada_step_failures_total{step="checked"}': 1,
    'levada_model_duration_seconds_count{model="twice",operation="infer"}': 1,
    'levada_app_rows_total{step="twice"}': 2,
    'levada_model_state{model="twice",state="ready"}': 1,
    'levada_model_state{model="twice",state="loading"}': 0,
    'levada_queue_depth{step="later"}': 0,
    'levada_step_held{step="kept"}': 1,
    "levada_events_in_flight{}": 1,
  };
  for (const [name, value] of Object.entries(expected)) strictEqual(found[name], value, name);
});

Deno.test("openTelemetry() measures steps on the short way, and those that answer later", async () => {
  const telemetry = await openTelemetry();
  const fn = serving("f");
  fn.setTopology("flow").to("now", (n: number) => n + 1).to("later", (n) => Promise.resolve(n + 1))
    .to("thrown", (n) => {
      if (n > 10) throw new StatusError(400, "too much");
      return n;
    }).respond();
  await using server = await fn.toMockServer({ telemetry });
  strictEqual(await server.test("/", 1), 3);
  strictEqual((await server.test("/", 10, { silent: true })).status, 400);
  const found = await values(telemetry);
  deepStrictEqual(
    ["now", "later", "thrown"].map((step) => found[`levada_step_events_total{step="${step}"}`]),
    [2, 2, 2],
  );
});

Deno.test("GET /metrics gives the values, as the reader takes them; 404 where nothing is measured", async () => {
  const fn = serving("f");
  fn.setTopology("flow").to("same", (body: unknown) => body).respond();
  const telemetry = await openTelemetry();
  await using server = await fn.toMockServer({ telemetry });
  const response = await server.fetch(
    new Request("http://x/metrics", { headers: { accept: "application/openmetrics-text" } }),
  );
  strictEqual(response.headers.get("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  match(await response.text(), /levada_build_info\{[^}]*function="f"[^]*# EOF\n$/);
  await using blind = await fn.toMockServer({ telemetry: await openTelemetry({ metrics: false }) });
  const refusal = await blind.fetch(new Request("http://x/metrics"));
  strictEqual(refusal.status, 404);
  match((await refusal.json()).error, /measures nothing/);
});

Deno.test("openTelemetry() writes a line for each request, where somebody takes it", async () => {
  const lines: [string, Readonly<Record<string, unknown>> | undefined][] = [];
  const quiet = () => {};
  const accessLog = {
    debug: quiet,
    warn: quiet,
    error: quiet,
    info: (message: string, fields?: Readonly<Record<string, unknown>>) => void lines.push([message, fields]),
  };
  const fn = serving("f");
  fn.setTopology("flow").to("same", (body: unknown) => body).respond();
  await using server = await fn.toMockServer({ telemetry: await openTelemetry({ accessLog }) });
  await server.test("/a", 1, { eventId: "e1" });
  await server.fetch(new Request("http://x/live"));
  deepStrictEqual(lines.map(([message]) => message), ["POST /a 200", "GET /live 200"]);
  const [{ tookMs, ...fields }] = [lines[0]![1]!];
  strictEqual(typeof tookMs, "number");
  deepStrictEqual(fields, { method: "POST", path: "/a", status: 200, event: "e1" });
});

Deno.test("askWorkers() has the text tell of all workers", async () => {
  const telemetry = await openTelemetry();
  const fn = serving("f");
  fn.setTopology("flow").to("same", (body: unknown) => body).respond();
  await using _server = await fn.toMockServer({ telemetry });
  askWorkers(telemetry, () => Promise.resolve(new Map([["0", collectOf(telemetry)], ["1", collectOf(telemetry)]])));
  const { text } = await telemetry.text();
  strictEqual(text.match(/^levada_build_info\{worker="[01]"/gm)?.length, 2);
});

Deno.test("watchWorker() tells how far streams are behind, as far as they say", async () => {
  const telemetry = await openTelemetry();
  let records = 7;
  watchWorker(telemetry, { lags: () => Promise.resolve([{ stream: "memory://a", group: "g", queue: "q", records }]) });
  const lag = async () =>
    /levada_stream_lag_records\{stream="memory:\/\/a",group="g",queue="q"\} (\d+)/.exec((await telemetry.text()).text)
      ?.[1];
  strictEqual(await lag(), "7");
  records = 0;
  strictEqual(await lag(), "0");
});

Deno.test("a server with limits tells how many requests wait for their turn", async () => {
  const telemetry = await openTelemetry();
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const fn = serving("f");
  fn.setTopology("flow").to("slow", async (body: number) => {
    begun.resolve();
    await end.promise;
    return body;
  }).respond();
  await using server = await fn.serve({ port: 0, telemetry, limits: { maxConcurrent: 1, maxConcurrentPerModel: 1 } });
  const ask = () => fetch(server.url, { method: "POST", body: "1" }).then((reply) => reply.text());
  const first = ask();
  await begun.promise;
  const second = ask();
  const waiting = async () =>
    /levada_requests_waiting\{function="f"\} (\d+)/.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1];
  let seen = await waiting();
  while (seen !== "1") seen = await waiting(); // until the second has come in
  end.resolve();
  deepStrictEqual([await first, await second], ["1", "1"]);
  strictEqual(await waiting(), "0");
});
