/** What a function tells of itself, to OpenTelemetry's own collector and to Prometheus' own parser. */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { preparePython } from "../../../lib/cli/python.ts";
import { buildCollector, Collector, type ReceivedSpan } from "./collector.ts";

/** What the suite counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const TRACED = new URL("traced.ts", import.meta.url).pathname;
const PARSE = new URL("parse_metrics.py", import.meta.url).pathname;
const ROOT = new URL("../../../", import.meta.url).pathname;
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = "00f067aa0ba902b7";
const SERVER = 2; // OTLP's SPAN_KIND_SERVER
const ERROR = 2;

/** What the traced program prints. */
interface Told {
  readonly answers: readonly { readonly status: number; readonly body: unknown }[];
  readonly lines: readonly { readonly message: string; readonly traceId?: string; readonly event?: string }[];
  readonly text: string;
  readonly openMetrics: string;
}

async function traced(endpoint: string, protocol: string): Promise<Told> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--config",
      `${ROOT}deno.json`,
      "--lock",
      `${ROOT}deno.lock`,
      TRACED,
      `00-${TRACE}-${CALLER}-01`,
    ],
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_METRIC_EXPORT_INTERVAL: "100", // milliseconds
    },
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`The traced program failed: ${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout)) as Told;
}

/** The tree of spans of a trace, as names: each with those that hang on it, in the order of their names. */
function tree(spans: readonly ReceivedSpan[], parent: string): unknown[] {
  return spans.filter(({ parentSpanId }) => parentSpanId === parent)
    .sort((one, other) => one.name < other.name ? -1 : one.name > other.name ? 1 : 0)
    .map(({ name, spanId }) => {
      const below = tree(spans, spanId);
      return below.length === 0 ? name : [name, ...below];
    });
}

const EXPECTED = [
  ["POST /", ["asked", ["POST", ["POST /", "kept", "out", ["twice", "model twice"]]]], "checked"],
  ["POST /", "checked"],
];

function spanChecks(spans: readonly ReceivedSpan[], told: Told): Readonly<Record<string, () => void>> {
  const ours = spans.filter(({ traceId }) => traceId === TRACE);
  return {
    "the caller's trace goes on: requests, steps, models, another function over HTTP, one behind a stream"() {
      const trees = tree(ours, CALLER).sort((one, other) => JSON.stringify(other).length - JSON.stringify(one).length);
      deepStrictEqual(trees, EXPECTED);
    },
    "a request is a server's span, by its route and its event"() {
      const [first] = ours.filter(({ parentSpanId }) => parentSpanId === CALLER);
      strictEqual(first?.kind, SERVER);
      const attributes = Object.fromEntries(first.attributes!.map(({ key, value }) => [key, value.stringValue]));
      deepStrictEqual(
        [
          attributes["http.route"],
          attributes["levada.function"],
          /^event-[12]$/.test(attributes["levada.event.id"] ?? ""),
        ],
        ["/", "outer", true],
      );
    },
    "a failing step's span has the failure, and so has the request's"() {
      const [failed] = ours.filter(({ name, status }) => name === "checked" && status.code === ERROR);
      deepStrictEqual([failed?.status.message, failed?.events?.map(({ name }) => name)], ["no rows", ["exception"]]);
      strictEqual(ours.find(({ spanId }) => spanId === failed?.parentSpanId)?.status.code, ERROR);
    },
    "a step's log line has the trace and the event"() {
      const line = told.lines.find(({ message }) => message === "kept");
      deepStrictEqual([line?.traceId, line?.event], [TRACE, "event-1"]);
    },
  };
}

function metricChecks(metrics: ReadonlySet<string>): Readonly<Record<string, () => void>> {
  return {
    "counts, gauges and times come as OpenTelemetry's metrics too"() {
      const wanted = [
        "levada.requests",
        "levada.request_duration_seconds",
        "levada.step_duration_seconds",
        "levada.model_duration_seconds",
        "levada.step_failures",
        "levada.events_in_flight",
        "levada.app_rows_x",
        "process.resident_memory_bytes",
      ];
      deepStrictEqual(wanted.filter((name) => !metrics.has(name)), []);
    },
  };
}

type Sample = readonly [
  form: string,
  type: string,
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number,
];

async function parse(told: Told): Promise<readonly Sample[]> {
  const { program } = await preparePython({
    name: "telemetry",
    packages: ["prometheus_client==0.26.0"],
    onProgress: (text) => console.log(text),
  });
  const child = new Deno.Command(program("python"), { args: [PARSE], stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify({ text: told.text, openMetrics: told.openMetrics })));
  await writer.close();
  const { stdout, success } = await child.output();
  if (!success) throw new Error("Prometheus' parser refuses the text");
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line) as Sample);
}

function sampleChecks(samples: readonly Sample[]): Readonly<Record<string, () => void>> {
  const checks: Record<string, () => void> = {};
  for (const form of ["text", "openMetrics"]) {
    const valueOf = (wanted: string, labels: Readonly<Record<string, string>>) =>
      samples.find(([given, , name, found]) =>
        given === form && name === wanted && Object.entries(labels).every(([key, value]) => found[key] === value)
      )?.[4];
    checks[`${form}: requests, steps, models and what a step measured, by Prometheus' parser`] = () =>
      deepStrictEqual({
        answered: valueOf("levada_requests_total", { function: "outer", model: "", code: "200" }),
        failed: valueOf("levada_requests_total", { function: "outer", code: "500" }),
        step: valueOf("levada_step_events_total", { function: "outer", step: "checked" }),
        failures: valueOf("levada_step_failures_total", { step: "checked" }),
        model: valueOf("levada_model_duration_seconds_count", { model: "twice", operation: "infer" }),
        state: valueOf("levada_model_state", { model: "twice", state: "ready" }),
        lag: valueOf("levada_stream_lag_records", { group: "inner-behind" }),
        rows: valueOf("levada_app_rows_x_total", { step: "twice" }),
      }, { answered: form === "text" ? 1 : 2, failed: 1, step: 2, failures: 1, model: 1, state: 1, lag: 0, rows: 2 });
  }
  return checks;
}

function perform(checks: Readonly<Record<string, () => void>>, prefix = ""): { passed: number; failed: number } {
  const counts = { passed: 0, failed: 0 };
  for (const [name, check] of Object.entries(checks)) {
    try {
      check();
      counts.passed += 1;
      console.log(`pass ${prefix}${name}`);
    } catch (error) {
      counts.failed += 1;
      console.log(`fail ${prefix}${name}\n${error instanceof Error ? error.message : error}`);
    }
  }
  return counts;
}

/** Runs the suite and prints each result. */
export async function run(): Promise<Counts> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const add = ({ passed, failed }: { passed: number; failed: number }) => {
    total.passed += passed;
    total.failed += failed;
  };
  const program = await buildCollector();
  if (program === undefined) {
    console.log("skip everything of OpenTelemetry: its collector is built by Go, and there is none here");
    total.skipped += 1;
    add(perform(sampleChecks(await parse(await traced("http://127.0.0.1:9", "http/protobuf")))));
    return total;
  }
  for (const protocol of ["http/protobuf", "http/json"]) {
    const folder = await Deno.makeTempDir();
    try {
      await using collector = new Collector(program, folder);
      await collector.ready();
      const told = await traced(collector.endpoint, protocol);
      const isWhole = () =>
        JSON.stringify(tree(collector.spans.filter(({ traceId }) => traceId === TRACE), CALLER)).length >=
          JSON.stringify(EXPECTED).length && collector.metrics.has("levada.requests");
      await collector.until(isWhole);
      add(perform({ ...spanChecks(collector.spans, told), ...metricChecks(collector.metrics) }, `${protocol}: `));
      if (protocol === "http/protobuf") add(perform(sampleChecks(await parse(told))));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  return total;
}

if (import.meta.main) {
  const { failed } = await run();
  if (failed > 0) Deno.exitCode = 1;
}
