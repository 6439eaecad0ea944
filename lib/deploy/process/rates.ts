import type { Labels, MetricFamily, Sample } from "../../telemetry/registry.ts";
import type { GraphView } from "../../plot/view.ts";
import type { FunctionMetrics } from "./read_metrics.ts";

/** What went through one step, or one model, in a while. */
export interface RunningRate {
  /** The function that it runs in: the child's name, or the serving function's own. */
  readonly function: string;
  /** The step; of a model, its key. */
  readonly name: string;
  /** Whether it is a step of the graph, or a model of a router. */
  readonly kind: "step" | "model";
  /** Events that it was given, a second. */
  readonly perSecond: number;
  /** How long it works on one, in milliseconds; undefined where it was given none. */
  readonly ms: number | undefined;
  /** Events that failed there and that no handler took, a second. */
  readonly failedPerSecond: number;
  /** Records in the stream that a queue stands for, which its reader has not acknowledged; undefined of all else. */
  readonly waiting: number | undefined;
}

/** A trigger, and what waits of it. */
export interface WaitingTrigger {
  /** Its name. */
  readonly name: string;
  /** Records that its reader has not acknowledged. */
  readonly waiting: number;
}

/** How much a deployment does. */
export interface DeploymentRates {
  /** What was counted before and after, in seconds. */
  readonly seconds: number;
  /** In the order of the graph's steps. */
  readonly rates: readonly RunningRate[];
  /** The function's triggers, and how many records of each wait, in its stream, for who reads them. */
  readonly triggers: readonly WaitingTrigger[];
  /** The functions that do not answer. */
  readonly silent: readonly string[];
}

/** What was counted of one series in the time: of a process that started anew, what it has counted since. */
type Series = ReadonlyMap<string, number>;

/** The difference of two readings of the same functions. */
export function ratesOf(before: readonly FunctionMetrics[], after: readonly FunctionMetrics[]): DeploymentRates {
  const waiting = waitingRecords(after, "queue");
  const triggers = [...waitingRecords(after, "trigger")].map(([name, waiting]) => ({ name, waiting }));
  const seconds = Math.max(0.001, ((after[0]?.at ?? 0) - (before[0]?.at ?? 0)) / 1_000);
  const rates = after.flatMap((now): RunningRate[] => {
    const old = seriesOf(before.find(({ name }) => name === now.name));
    return things(now).map(({ kind, labels, events, times }): RunningRate => {
      const name = (kind === "step" ? labels.step : labels.model) ?? "";
      const own = { [kind]: name };
      const grown = (family: string, suffix: string) => growth(now, { family, suffix, labels: own, old });
      const worked = grown(times, "_count");
      return {
        function: now.name,
        name,
        kind,
        perSecond: grown(events[0], events[1]) / seconds,
        ms: worked === 0 ? undefined : 1_000 * grown(times, "_sum") / worked,
        failedPerSecond: kind === "step" ? grown("levada_step_failures", "_total") / seconds : 0,
        waiting: kind === "step" ? waiting.get(name) : undefined,
      };
    });
  });
  return {
    seconds,
    rates,
    triggers,
    silent: after.filter(({ families }) => families === undefined).map(({ name }) => name),
  };
}

/** The same rates in the order of the graph's steps; models behind these. */
export function inOrder(told: DeploymentRates, { steps }: Pick<GraphView, "steps">): DeploymentRates {
  const places = new Map(steps.map(({ name }, index) => [name, index]));
  const placeOf = ({ kind, name }: RunningRate) => kind === "model" ? Infinity : places.get(name) ?? steps.length;
  const rates = told.rates.toSorted((one, other) =>
    placeOf(one) === placeOf(other) ? 0 : placeOf(one) - placeOf(other)
  );
  return { ...told, rates };
}

interface Counted {
  readonly kind: RunningRate["kind"];
  readonly labels: Labels;
  readonly events: readonly [family: string, suffix: string];
  readonly times: string;
}

/** The steps and models of which a function tells. */
function things({ families = [] }: FunctionMetrics): Counted[] {
  const named = new Map<string, Counted>();
  for (const { labels } of samplesOf(families, "levada_step_events", "_total")) {
    named.set(`step ${labels.step}`, {
      kind: "step",
      labels,
      events: ["levada_step_events", "_total"],
      times: "levada_step_duration_seconds",
    });
  }
  const times = "levada_model_duration_seconds";
  for (const { labels } of samplesOf(families, times, "_count")) {
    named.set(`model ${labels.model}`, { kind: "model", labels, events: [times, "_count"], times });
  }
  return [...named.values()];
}

/** The records of each queue, or trigger: every worker of a group tells of all, and who looked last may know more. */
function waitingRecords(readings: readonly FunctionMetrics[], by: "queue" | "trigger"): ReadonlyMap<string, number> {
  const waiting = new Map<string, number>();
  for (const { families = [] } of readings) {
    for (const { labels: { [by]: name = "" }, value } of samplesOf(families, "levada_stream_lag_records", "")) {
      if (name !== "") waiting.set(name, Math.max(value, waiting.get(name) ?? 0));
    }
  }
  return waiting;
}

function growth(
  { families = [] }: FunctionMetrics,
  { family, suffix, labels, old }: { family: string; suffix: string; labels: Labels; old: Series },
): number {
  return samplesOf(families, family, suffix)
    .filter((sample) => Object.entries(labels).every(([name, value]) => sample.labels[name] === value))
    .reduce((sum, sample) => {
      const before = old.get(keyOf(family, sample)) ?? 0;
      return sum + (sample.value < before ? sample.value : sample.value - before);
    }, 0);
}

function seriesOf(reading: FunctionMetrics | undefined): Series {
  return new Map(
    reading?.families?.flatMap(({ name, samples }) => samples.map((one) => [keyOf(name, one), one.value] as const)),
  );
}

function keyOf(family: string, { suffix, labels }: Sample): string {
  return JSON.stringify([family, suffix, Object.entries(labels).toSorted()]);
}

function samplesOf(families: readonly MetricFamily[], name: string, suffix: string): Sample[] {
  return families.find((family) => family.name === name)?.samples.filter((one) => one.suffix === suffix) ?? [];
}
