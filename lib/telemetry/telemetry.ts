import type { Flow } from "../flow/flow.ts";
import type { StreamLag } from "../flow/stream_lag.ts";
import { type Instruments, joinInstruments } from "../flow/instruments.ts";
import type { Worker } from "../flow/worker.ts";
import type { Log } from "../graph/context.ts";
import { measuring, watchFlow } from "./flow_metrics.ts";
import { mirror } from "./mirror.ts";
import { isDenos, isSetUp, loadOpenTelemetry, type OpenTelemetry } from "./open_telemetry.ts";
import { watchProcess } from "./process_metrics.ts";
import { joinWorkers, type MetricsText, metricsText } from "./prometheus_text.ts";
import { type MetricFamily, Registry } from "./registry.ts";
import { RequestMetrics } from "./request_metrics.ts";
import { RequestTracing } from "./request_tracing.ts";
import { RequestWatch } from "./request_watch.ts";
import { Tracing } from "./tracing.ts";

/** What is measured and told of a function that runs. */
export interface TelemetryOptions {
  /** Whether to measure requests, steps and models, for `GET /metrics`. Default true. */
  readonly metrics?: boolean;
  /** Whether to make spans. Default: where OpenTelemetry has been set up, by `OTEL_DENO=true` or an SDK. */
  readonly tracing?: boolean;
  /** Gets a line for each request. Default: nobody. */
  readonly accessLog?: Log | undefined;
}

/** Gives the values of all processes that serve the same, by the worker's name; those of this one too. */
export type Workers = () => Promise<ReadonlyMap<string, readonly MetricFamily[]>>;

/** What one telemetry is made of. */
interface Parts {
  readonly registry: Registry;
  readonly options: TelemetryOptions;
  readonly api: OpenTelemetry | undefined;
  readonly tracing: Tracing | undefined;
  readonly instruments: Instruments | undefined;
  workers: Workers | undefined;
  /** What has to be asked before all values are known. */
  readonly asking: (() => Promise<void>)[];
}

const PARTS = new WeakMap<Telemetry, Parts>();

/**
 * Measures one running function, makes spans of what it does, and writes down its requests. Made by `openTelemetry`, and handed in
 * when the function starts.
 */
export class Telemetry {
  /** Whether anything is measured. */
  readonly isMeasuring: boolean;

  /** Made by `openTelemetry`. */
  constructor({ isMeasuring }: { isMeasuring: boolean }) {
    this.isMeasuring = isMeasuring;
  }

  /**
   * All values as they are now, as Prometheus reads them; with a label `worker` where several processes serve the same.
   *
   * @param accept The `accept` header of whoever asks: OpenMetrics or JSON where it says so. Default: Prometheus' text format.
   */
  async text(accept: string | null = null): Promise<MetricsText> {
    const { workers, registry, asking } = PARTS.get(this)!;
    await Promise.all(asking.map((ask) => ask()));
    return metricsText(workers === undefined ? registry.collect() : joinWorkers(await workers()), accept);
  }
}

/** What a flow is started with to be measured and traced; nothing without telemetry. */
export function instrumentsOf(telemetry: Telemetry | undefined): Instruments | undefined {
  return telemetry === undefined ? undefined : PARTS.get(telemetry)!.instruments;
}

/** The values of this process as they are now: data, which can be sent to another process. */
export function collectOf(telemetry: Telemetry): readonly MetricFamily[] {
  return PARTS.get(telemetry)!.registry.collect();
}

/** From now on the values of all workers are told, not only this one's. */
export function askWorkers(telemetry: Telemetry, workers: Workers): void {
  PARTS.get(telemetry)!.workers = workers;
}

/**
 * Tells how far a worker is behind its streams, each time that the text is asked for; a stream that has not said so after a second is
 * told as it was last.
 */
export function watchWorker(telemetry: Telemetry, worker: Pick<Worker, "lags">): void {
  const { registry, asking } = PARTS.get(telemetry)!;
  asking.push(async () => {
    const late = Promise.withResolvers<readonly StreamLag[]>();
    const timer = setTimeout(() => late.resolve([]), LAG_MS);
    for (const { records, ...labels } of await Promise.race([worker.lags(), late.promise])) {
      registry.gauge("levada_stream_lag_records", "Records that a group has not acknowledged", { ...labels }).set(
        records,
      );
    }
    clearTimeout(timer);
  });
}

/** Tells how many records of a function's models were lost. */
export function watchRecords(telemetry: Telemetry, monitor: { readonly lost: number }, name: string): void {
  const { registry } = PARTS.get(telemetry)!;
  const counter = registry.counter("levada_model_records_lost", "Records of models that could not be kept", {
    function: name,
  });
  registry.beforeReading(() => counter.value = monitor.lost);
}

const LAG_MS = 1_000;

/** Whose requests are watched. */
export interface WatchedServer {
  /** The function that is served. */
  readonly name: string;
  /** Whether requests come from `Deno.serve`, which may have made a span of each. */
  readonly hasSpan: boolean;
  /** The version of what serves. */
  readonly version: string;
  /** Where requests wait for their turn; undefined where none has to. */
  readonly door?: { readonly waiting: number } | undefined;
}

/** Tells of a flow that runs from now on, and gives what looks at the requests to it. */
export function watchServer(
  telemetry: Telemetry,
  flow: Flow,
  { name, hasSpan, version, door }: WatchedServer,
): RequestWatch {
  const { registry, tracing, api, options: { accessLog } } = PARTS.get(telemetry)!;
  if (telemetry.isMeasuring) {
    watchFlow(registry, flow, name);
    watchProcess(registry, { version, function: name });
    if (door !== undefined) {
      const gauge = registry.gauge("levada_requests_waiting", "Requests that wait for their turn", { function: name });
      registry.beforeReading(() => gauge.set(door.waiting));
    }
  }
  const models = () => flow.models().map(({ key }) => key);
  return new RequestWatch({
    accessLog,
    metrics: telemetry.isMeasuring ? new RequestMetrics(registry, { function: name, models }) : undefined,
    tracing: api === undefined || tracing === undefined
      ? undefined
      : new RequestTracing(api, { traces: tracing.traces, function: name, hasSpan: hasSpan && isDenos() }),
  });
}

/**
 * Opens what measures and traces a function.
 *
 * @example What a function's steps took, and what they measured themselves
 * ```ts
 * import { match } from "node:assert/strict";
 * import { openTelemetry, serving } from "levada";
 *
 * const fn = serving("sums");
 * fn.setTopology("flow").to("sum", (numbers: number[], { metric }) => {
 *   metric("numbers_total", numbers.length);
 *   return numbers.reduce((sum, n) => sum + n, 0);
 * }).respond();
 *
 * const telemetry = await openTelemetry();
 * await using server = await fn.toMockServer({ telemetry });
 * await server.test("/", [1, 2, 3]);
 *
 * const { text } = await telemetry.text();
 * match(text, /levada_requests_total\{function="sums",model="",code="200"\} 1/);
 * match(text, /levada_step_events_total\{function="sums",step="sum"\} 1/);
 * match(text, /levada_app_numbers_total\{function="sums",step="sum"\} 3/);
 * ```
 */
export async function openTelemetry(options: TelemetryOptions = {}): Promise<Telemetry> {
  const { metrics = true, tracing = isSetUp() } = options;
  const telemetry = new Telemetry({ isMeasuring: metrics });
  const registry = new Registry();
  const api = tracing ? await loadOpenTelemetry() : undefined;
  const tracer = api === undefined ? undefined : new Tracing(api, { fetchTells: isDenos() });
  if (api !== undefined && metrics) mirror(registry, api);
  const instruments = joinInstruments([
    ...(metrics ? [measuring(registry)] : []),
    ...(tracer === undefined ? [] : [tracer]),
  ]);
  PARTS.set(telemetry, { registry, options, api, tracing: tracer, instruments, workers: undefined, asking: [] });
  return telemetry;
}
