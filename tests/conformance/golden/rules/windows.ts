/** Rules about aggregations over windows of time. What must come out is worked out here from the definition, event by event. */

import type { GoldenCase } from "../golden_case.ts";
import { handlerOf } from "../meanings.ts";
import { type Difference, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { type Emit, emitsOf, recordedRuns, resultOf } from "../storey/recorded_runs.ts";

interface Aggregate {
  readonly name: string;
  readonly field: string;
  readonly aggr: readonly string[];
  readonly windows: readonly string[];
  readonly period?: string;
  readonly aggr_filter?: string;
  readonly max_value?: number;
}

/** Late events count. */
const LATE_EVENTS_COUNT: Rule = {
  name: "late-events-count",
  reason:
    "an event that comes late is counted where it belongs, is told what its own windows hold, and counts for all that come after it; storey tells the next one again without it, and a late one in a sliding window nothing",
  judge(given) {
    const aggregates = aggregatesOf(given);
    if (aggregates === undefined || !isLate(given.case)) return undefined;
    return verdict(valueDifference(expected(given.case, aggregates), resultOf(given)));
  },
};

/** A window without values. */
const EMPTY_WINDOWS_ARE_NULL: Rule = {
  name: "empty-windows-are-null",
  reason: "JSON has no NaN: what an empty window does not have is null, and its count is 0",
  judge(given) {
    if (aggregatesOf(given) === undefined || isLate(given.case)) return undefined;
    const runs = recordedRuns(given.case);
    if (!runs.some(holdsNaN)) return undefined;
    return verdict(...runs.map((run) => valueDifference(withoutNaN(run), resultOf(given))));
  },
};

/** A fixed window is over when it is over. */
const FIXED_WINDOWS_END: Rule = {
  name: "fixed-windows-end",
  reason:
    "a fixed window holds the events of its own stretch of time; storey's may go on with those of the one before where several operations are asked for (a count changes when a minimum is asked for as well)",
  judge(given) {
    const aggregates = aggregatesOf(given);
    const isFixed = aggregates?.every(({ period }) => period === undefined) === true;
    if (aggregates === undefined || !isFixed || isLate(given.case)) return undefined;
    return verdict(valueDifference(expected(given.case, aggregates), resultOf(given)));
  },
};

/** The rules about windows, the most particular first. */
export const WINDOW_RULES: readonly Rule[] = [LATE_EVENTS_COUNT, EMPTY_WINDOWS_ARE_NULL, FIXED_WINDOWS_END];

/** The aggregates of a flow that is one aggregation, gives something for every event, and collects it. */
function aggregatesOf({ aspect, case: given }: Difference): readonly Aggregate[] | undefined {
  const [name, args] = (given.graph?.flow?.[0] ?? []) as [string?, Record<string, unknown>?];
  if (aspect !== "termination" || name !== "AggregateByKey" || args?.emit_policy !== undefined) return undefined;
  return args?.aggregates as readonly Aggregate[];
}

function isLate(given: GoldenCase): boolean {
  const emits = emitsOf(given);
  return emits.some((emit, index) =>
    emits.slice(0, index).some((earlier) => earlier.key === emit.key && timeOf(earlier) > timeOf(emit))
  );
}

/** What every event must be told: the values of its windows, of all events that came so far and were not too late. */
function expected(given: GoldenCase, aggregates: readonly Aggregate[]): unknown[] {
  const longest = Math.max(...aggregates.flatMap(({ windows }) => windows.map(lengthOf)));
  const counted: Emit[] = [];
  return emitsOf(given).map((emit) => {
    const sameKey = counted.filter(({ key }) => key === emit.key);
    if (sameKey.some((earlier) => timeOf(emit) < timeOf(earlier) - longest)) return emit.body;
    counted.push(emit);
    const fields = aggregates.flatMap((aggregate) =>
      aggregate.windows.flatMap((window) => {
        const inside = [...sameKey, emit].filter((other) =>
          isInside(aggregate, window, { at: timeOf(emit), time: timeOf(other) })
        );
        return aggregate.aggr.map((operation) =>
          [
            `${aggregate.name}_${operation}_${window}`,
            valueOf(operation, valuesOf(aggregate, inside), aggregate.max_value),
          ] as const
        );
      })
    );
    return { ...Object.fromEntries(fields), ...emit.body as object };
  });
}

function isInside({ period }: Aggregate, window: string, { at, time }: { at: number; time: number }): boolean {
  const length = lengthOf(window);
  if (period === undefined) return Math.floor(at / length) === Math.floor(time / length);
  const [bucket, own] = [Math.floor(time / lengthOf(period)), Math.floor(at / lengthOf(period))];
  return bucket <= own && bucket > own - length / lengthOf(period);
}

function valuesOf({ field, aggr_filter }: Aggregate, events: readonly Emit[]): number[] {
  const isCounted = aggr_filter === undefined ? () => true : handlerOf(aggr_filter) as (body: unknown) => boolean;
  return events.filter(({ body }) => isCounted(body)).map(({ body }) => (body as Record<string, number>)[field]!);
}

function valueOf(operation: string, values: readonly number[], limit = Infinity): number | null {
  const sum = values.reduce((total, value) => total + value, 0);
  if (operation === "count") return Math.min(values.length, limit);
  if (values.length === 0) return null;
  if (operation === "sum") return Math.min(sum, limit);
  if (operation === "avg") return sum / values.length;
  if (operation === "min") return Math.min(...values);
  if (operation === "max") return Math.min(Math.max(...values), limit);
  if (operation === "sqr") return values.reduce((total, value) => total + value * value, 0);
  if (values.length < 2) return null;
  const variance = values.reduce((total, value) => total + (value - sum / values.length) ** 2, 0) / (values.length - 1);
  if (operation === "stdvar") return variance;
  if (operation === "stddev") return Math.sqrt(variance);
  throw new TypeError(`Cannot work out ${operation}: write it down here`);
}

function timeOf({ time }: Emit): number {
  return Date.parse(time!);
}

function lengthOf(text: string): number {
  return Number(text.slice(0, -1)) * { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[text.at(-1)!]!;
}

function holdsNaN(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsNaN);
  return isRecord(value) ? Object.values(value).some(holdsNaN) : Number.isNaN(value);
}

function withoutNaN(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNaN);
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutNaN(item)]));
  return Number.isNaN(value) ? null : value;
}
