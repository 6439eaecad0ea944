/**
 * Two functions that speak over HTTP, one of which has a child behind a stream; asked some times, then gone. Run with `OTEL_DENO=true`.
 * It prints one line of JSON: what it was told, its log lines, and its own text of metrics.
 */

import { metrics } from "@opentelemetry/api";
import { partsOf } from "../../../lib/functions/parts_of.ts";
import { type StartedFunction, startFunction } from "../../../lib/functions/start_function.ts";
import { unitOf } from "../../../lib/functions/unit.ts";
import { createApp } from "../../../lib/serve/app.ts";
import { MemoryBroker } from "../../../lib/streams/memory/memory_broker.ts";
import {
  type Context,
  type InferRequest,
  ModelServer,
  openLog,
  openTelemetry,
  queue,
  remote,
  serving,
  type ServingFunction,
  StatusError,
} from "levada";

class Twice extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    this.context.metric('rows "x"\n_total', inputs.length);
    return inputs.map((n) => Number(n) * 2);
  }
}

const lines: unknown[] = [];
const LOG = openLog({ format: "json", level: "debug", write: (line) => lines.push(JSON.parse(line)) });
const telemetry = await openTelemetry();
const broker = new MemoryBroker();
const openStream = (path: string) => Promise.resolve(broker.open(path));

/** Starts a function with its children by themselves, joined by streams, and serves it. */
async function serve(fn: ServingFunction) {
  const unit = unitOf(fn);
  const started: StartedFunction[] = [];
  const wish = { openStream, log: LOG, isMock: false, queues: "real", reads: true, telemetry } as const;
  for (const part of partsOf(unit).toReversed()) {
    started.push(await startFunction(unit, part, wish));
  }
  const { flow } = started.at(-1)!;
  const app = createApp(flow, { telemetry, name: fn.name, hasSpan: true });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => app.fetch(request));
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    async close() {
      await server.shutdown();
      for (const { worker } of started.toReversed()) await worker.close();
    },
  };
}

const inner = serving("inner").addChildFunction("behind");
inner.setTopology("flow").to("twice", Twice).respond()
  .to("out", queue({ path: "memory://rows" }))
  .to("kept", async (body: unknown, { log }: Context) => {
    await Promise.resolve();
    log.info("kept", { authorization: "Bearer abcdef" });
    return body;
  }, { function: "behind" });
const served = await serve(inner);

const outer = serving("outer");
outer.setTopology("flow")
  .to("checked", (body: { inputs: number[] }) => {
    if (body.inputs.length === 0) throw new StatusError(500, "no rows");
    return body;
  })
  .to("asked", remote({ url: served.url, method: "POST" }))
  .respond();
const asked = await serve(outer);

/** Asks by a socket of its own: Deno's `fetch` would say another trace. */
async function ask(url: string, inputs: readonly number[], id: string) {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ inputs });
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const head = [
    "POST / HTTP/1.1",
    "host: levada",
    "connection: close",
    "content-type: application/json",
    `content-length: ${body.length}`,
    `mlrun-event-id: ${id}`,
    `traceparent: ${Deno.args[0]}`,
  ];
  const writer = conn.writable.getWriter();
  await writer.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n${body}`));
  const text = await new Response(conn.readable).text();
  return { status: Number(text.split(" ", 2)[1]), text };
}

/** Resolves when OpenTelemetry has collected so many times. */
function collected(times: number): Promise<void> {
  return new Promise((done) => {
    let left = times;
    metrics.getMeter("test").createObservableGauge("test.collected").addCallback(() => {
      left -= 1;
      if (left === 0) done();
    });
  });
}

const answers = [await ask(asked.url, [1, 2], "event-1"), await ask(asked.url, [], "event-2")];
const told = (accept: string) => fetch(`${asked.url}/metrics`, { headers: { accept } }).then((reply) => reply.text());
const [text, openMetrics] = [await told("text/plain"), await told("application/openmetrics-text")];
if (Deno.env.get("OTEL_DENO") === "true") await collected(2); // counts are told by the interval, and not at the end
await asked.close();
await served.close();
console.log(JSON.stringify({ answers, lines, text, openMetrics }));
