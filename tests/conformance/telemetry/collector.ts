/** OpenTelemetry's own collector, built once from its Go modules and kept in the cache. */

import { cacheFolder } from "../../../lib/cli/python.ts";

const VERSION = "0.165.0";
const BUILD = `
dist:
  name: otelcol
  output_path: ./out
receivers:
  - gomod: go.opentelemetry.io/collector/receiver/otlpreceiver v${VERSION}
exporters:
  - gomod: go.opentelemetry.io/collector/exporter/otlphttpexporter v${VERSION}
`;

/** The path of the collector, with nothing in it but a receiver and an exporter of OTLP; undefined where there is no Go to build it by. */
export async function buildCollector(): Promise<string | undefined> {
  const folder = `${cacheFolder()}/otelcol-${VERSION}`;
  const program = `${folder}/out/otelcol`;
  if (await Deno.stat(program).then(() => true, () => false)) return program;
  if (!await run("go", ["version"], ".").catch(() => false)) return undefined;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/build.yaml`, BUILD);
  console.log(`Building OpenTelemetry's collector in ${folder} (this first time only; some minutes)`);
  const builder = ["install", `go.opentelemetry.io/collector/cmd/builder@v${VERSION}`];
  if (!await run("go", builder, folder, { GOBIN: folder })) throw new Error("Cannot build the collector's builder");
  if (!await run(`${folder}/builder`, ["--config", "build.yaml"], folder)) {
    throw new Error("Cannot build the collector");
  }
  return program;
}

async function run(program: string, args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const { success, stderr } = await new Deno.Command(program, { args: [...args], cwd, env, stdout: "null" }).output();
  if (!success) console.error(new TextDecoder().decode(stderr).slice(-2_000));
  return success;
}

/** What a collector received, as it passes it on: OTLP as JSON. */
export interface Received {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[] }[];
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[];
  }[];
}

/** One span. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly events?: readonly { readonly name: string }[];
  readonly attributes?: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

/** A collector that runs, and what it has received. */
export class Collector implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  readonly metrics = new Set<string>();
  /** Where programs send what they tell. */
  readonly endpoint: string;
  readonly #process: Deno.ChildProcess;
  readonly #sink: Deno.HttpServer<Deno.NetAddr>;
  #onReceived: () => void = () => {};

  /** Made by `start`. */
  constructor(program: string, folder: string) {
    const [port] = [freePort()];
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#sink = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      this.#take(await request.json());
      return Response.json({});
    });
    const config = `${folder}/collector.yaml`;
    Deno.writeTextFileSync(config, configOf(port, this.#sink.addr.port));
    this.#process = new Deno.Command(program, { args: ["--config", config], stdout: "null", stderr: "piped" }).spawn();
  }

  /** Resolves when it takes what is sent. */
  async ready(): Promise<void> {
    const text = new TextDecoder();
    let said = "";
    const reader = this.#process.stderr.getReader();
    while (!said.includes("Everything is ready")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`The collector ended: ${said}`);
      said += text.decode(value, { stream: true });
    }
    void (async () => {
      while (!(await reader.read()).done); // whoever writes must not wait for a reader
    })();
  }

  /** Resolves when something is so, at the latest after 20 seconds. */
  async until(isSo: () => boolean): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, 20_000);
    const seen = Promise.withResolvers<void>();
    this.#onReceived = () => isSo() && seen.resolve();
    this.#onReceived();
    await Promise.race([seen.promise, late.promise]);
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.status;
    await this.#sink.shutdown();
  }

  #take({ resourceSpans = [], resourceMetrics = [] }: Received): void {
    for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) this.spans.push(...spans);
    for (const { scopeMetrics } of resourceMetrics) {
      for (const { metrics } of scopeMetrics) for (const { name } of metrics) this.metrics.add(name);
    }
    this.#onReceived();
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

function configOf(port: number, sink: number): string {
  return `
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } }
exporters:
  otlphttp: { endpoint: "http://127.0.0.1:${sink}", encoding: json, compression: none }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [otlphttp] }
    metrics: { receivers: [otlp], exporters: [otlphttp] }
`;
}
