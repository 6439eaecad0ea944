/** What it costs a request to be measured, traced and written down: five plain steps, by the server's path without its socket. */

import { strictEqual } from "node:assert/strict";
import { Asker } from "../support/asker.ts";

const REQUESTS = 2_000;
const TOTAL = REQUESTS * (REQUESTS - 1) / 2 + 5 * REQUESTS; // each request's number and five
const ROOT = new URL("../../", import.meta.url).pathname;
const SCRIPT = new URL("telemetry_run.ts", import.meta.url).pathname;

const sink = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
  await request.body?.cancel();
  return new Response(null, { status: 200, headers: { "content-type": "application/x-protobuf" } });
});
const TRACED = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.addr.port}` };

const RUNNERS: Readonly<Record<string, readonly [look: string, env: Record<string, string>]>> = {
  "nobody looks": ["nothing", {}],
  "metrics": ["metrics", {}],
  "a line in the log": ["log", {}],
  "metrics and a line": ["all", {}],
  "spans": ["spans", TRACED],
  "metrics, spans and a line": ["all", TRACED],
};

for (const [name, [look, env]] of Object.entries(RUNNERS)) {
  const args = ["run", "-A", "--config", `${ROOT}deno.json`, "--lock", `${ROOT}deno.lock`, SCRIPT, look];
  const asker = new Asker(Deno.execPath(), args, { env });
  const run = async () => strictEqual(Number(await asker.ask(String(REQUESTS))), TOTAL);
  await run();
  Deno.bench(name, { group: `${REQUESTS} requests, 5 steps`, baseline: look === "nothing", n: 30, warmup: 5 }, run);
  globalThis.addEventListener("unload", () => asker.close());
}
