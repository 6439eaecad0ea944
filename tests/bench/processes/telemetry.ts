/** What it costs a request to be measured, traced and written down: five plain steps, by the server's path without its socket. */

import { type ProcessRow, timeProcesses } from "./time_processes.ts";

const REQUESTS = 5_000;
const SCRIPT = new URL("telemetry_run.ts", import.meta.url).pathname;

export async function timeTelemetry(): Promise<ProcessRow[]> {
  await using sink = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    await request.body?.cancel();
    return new Response(null, { status: 200, headers: { "content-type": "application/x-protobuf" } });
  });
  const traced = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.addr.port}` };
  const proof = REQUESTS * (REQUESTS - 1) / 2 + 5 * REQUESTS; // each request's number and five
  const looking = (look: string, env: Record<string, string> = {}) => ({
    script: SCRIPT,
    args: [look],
    env,
    requests: REQUESTS,
    proof,
  });
  return await timeProcesses({
    title: "5 steps: processor a request",
    runners: {
      "nobody looks": looking("nothing"),
      "metrics": looking("metrics"),
      "a line in the log": looking("log"),
      "metrics and a line": looking("all"),
      "spans": looking("spans", traced),
      "metrics, spans and a line": looking("all", traced),
    },
  });
}
