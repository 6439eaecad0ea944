import { strictEqual } from "node:assert/strict";
import { serveLoopback } from "./loopback.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Everything that a program of this folder tells by OTLP, as JSON, when it runs with Deno's exporter. */
export async function exportedSpans(program: string, args: readonly string[] = []): Promise<string> {
  const told: string[] = [];
  await using sink = serveLoopback(({ body }) => {
    told.push(body);
    return Response.json({});
  });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      `--config=${ROOT}deno.json`,
      `--lock=${ROOT}deno.lock`,
      `${ROOT}tests/support/${program}`,
      ...args,
    ],
    env: { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "http/json", OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    stdout: "null",
  }).output();
  strictEqual(success, true, new TextDecoder().decode(stderr));
  return told.join("\n");
}
