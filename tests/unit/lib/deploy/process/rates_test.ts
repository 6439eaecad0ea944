import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { inOrder, ratesOf } from "../../../../../lib/deploy/process/rates.ts";
import type { FunctionMetrics } from "../../../../../lib/deploy/process/read_metrics.ts";
import { Registry } from "../../../../../lib/telemetry/registry.ts";
import { joinWorkers } from "../../../../../lib/telemetry/prometheus_text.ts";

/** What a step counts, by its worker. */
interface Counts {
  readonly [worker: string]: { readonly events: number; readonly seconds?: number; readonly failed?: number };
}

function reading(name: string, at: number, steps: Readonly<Record<string, Counts>>, lag: Record<string, number> = {}) {
  const workers = new Set(Object.values(steps).flatMap((counts) => Object.keys(counts)));
  const families = [...workers].map((worker) => {
    const registry = new Registry();
    for (const [step, counts] of Object.entries(steps)) {
      const { events = 0, seconds = 0, failed = 0 } = counts[worker] ?? {};
      registry.counter("levada_step_events", "", { function: name, step }).add(events);
      registry.counter("levada_step_failures", "", { function: name, step }).add(failed);
      const times = registry.histogram("levada_step_duration_seconds", "", { function: name, step });
      for (let n = 0; n < events; n++) times.observe(seconds / events);
    }
    for (const [queue, records] of Object.entries(lag)) {
      registry.gauge("levada_stream_lag_records", "", { stream: "s", group: "g", queue }).set(records);
    }
    return [worker, registry.collect()] as const;
  });
  return { name, at, families: joinWorkers(new Map(families)) } satisfies FunctionMetrics;
}

Deno.test("ratesOf() tells events a second, the time of each, failures and what waits, over all workers", () => {
  const before = [reading("f", 1_000, { a: { 1: { events: 10, seconds: 1 }, 2: { events: 5, seconds: 1 } } })];
  const after = [
    reading("f", 3_000, {
      a: { 1: { events: 20, seconds: 1.5, failed: 3 }, 2: { events: 15, seconds: 1.5, failed: 1 } },
    }),
    reading("g", 3_000, { q: { 1: { events: 0 } } }, { q: 7 }),
  ];
  const { seconds, rates, silent } = ratesOf(before, after);
  deepStrictEqual([seconds, silent], [2, []]);
  const [a, q] = rates.map((rate) => ({ ...rate, ms: rate.ms === undefined ? undefined : Math.round(rate.ms) }));
  deepStrictEqual(a, {
    function: "f",
    name: "a",
    kind: "step",
    perSecond: 10,
    ms: 50,
    failedPerSecond: 2,
    waiting: undefined,
  });
  deepStrictEqual([q!.perSecond, q!.ms, q!.waiting], [0, undefined, 7]);
});

Deno.test("ratesOf() counts a process that started anew from its start, never below nothing", () => {
  const before = [reading("f", 0, { a: { 1: { events: 1_000 } } })];
  const after = [reading("f", 1_000, { a: { 1: { events: 4 } } })];
  strictEqual(ratesOf(before, after).rates[0]!.perSecond, 4);
});

Deno.test("ratesOf() names the functions that do not answer", () => {
  const gone: FunctionMetrics = { name: "f", at: 5, families: undefined };
  deepStrictEqual(ratesOf([gone], [{ ...gone, at: 1_005 }]), { seconds: 1, rates: [], triggers: [], silent: ["f"] });
  const { rates } = ratesOf([gone], [reading("f", 1_005, { a: { 1: { events: 3 } } })]);
  strictEqual(rates[0]!.perSecond, 3, "what answers again has counted since its start");
});

Deno.test("inOrder() gives rates as the graph has its steps, models behind them", () => {
  const [known, model, strange] = ["known", "m", "strange"].map((name) => ({
    ...ratesOf([], [reading("f", 1, { [name]: { 1: { events: 1 } } })]).rates[0]!,
    kind: name === "m" ? "model" as const : "step" as const,
  }));
  const steps = ["other", "known"].map((name) => ({ name, kind: "task", responder: false, handler: false }));
  const { rates } = inOrder({ seconds: 1, silent: [], triggers: [], rates: [model!, strange!, known!] }, { steps });
  deepStrictEqual(rates.map(({ name }) => name), ["known", "strange", "m"]);
});

Deno.test("ratesOf() tells what waits of a trigger, whichever worker knows of more", () => {
  const workers = [[3, "1"], [4, "2"]] as const;
  const families = joinWorkers(
    new Map(workers.map(([records, worker]) => {
      const registry = new Registry();
      const labels = { stream: "s", group: "g", queue: "", trigger: "orders" };
      registry.gauge("levada_stream_lag_records", "", labels).set(records);
      return [worker, registry.collect()];
    })),
  );
  deepStrictEqual(ratesOf([], [{ name: "f", at: 1, families }]).triggers, [{ name: "orders", waiting: 4 }]);
});

Deno.test("ratesOf() tells models by their keys", () => {
  const registry = new Registry();
  const times = registry.histogram("levada_model_duration_seconds", "", {
    function: "f",
    model: "m",
    operation: "infer",
  });
  for (let n = 0; n < 4; n++) times.observe(0.5);
  const { rates } = ratesOf([], [{ name: "f", at: 2_000, families: registry.collect() }]);
  deepStrictEqual(rates.map(({ kind, name, perSecond, ms }) => ({ kind, name, perSecond, ms })), [
    { kind: "model", name: "m", perSecond: 2, ms: 500 },
  ]);
});
