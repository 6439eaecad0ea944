import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Operation } from "../../../../../lib/steps/windows/tally.ts";
import { type AggregationData, WindowPlan } from "../../../../../lib/steps/windows/window_plan.ts";
import { NOTHING, WindowTable } from "../../../../../lib/steps/windows/window_table.ts";
import { randomBelow } from "../../../../support/random.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function table(aggregations: readonly AggregationData[], latenessMs?: number): WindowTable {
  return new WindowTable(aggregations.map((aggregation) => new WindowPlan(aggregation)), latenessMs);
}

interface Counted {
  readonly key: string;
  readonly time: number;
  readonly value: number;
}

/** What a window holds, from its definition alone: no buckets are kept, every event is looked at. */
function insideOf(
  events: readonly Counted[],
  { key, time, windowMs, periodMs }: { key: string; time: number; windowMs: number; periodMs: number | undefined },
): Counted[] {
  const from = periodMs === undefined
    ? Math.floor(time / windowMs) * windowMs
    : (Math.floor(time / periodMs) + 1) * periodMs - windowMs;
  return events.filter((event) => event.key === key && event.time >= from && event.time < from + windowMs);
}

function told(events: readonly Counted[], operation: Operation): unknown {
  const values = events.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0); // exact: all are multiples of 1/8, and not too large
  const inOrder = [...events].sort((one, other) => one.time - other.time); // stable: of one time the first stays first
  const variance = values.reduce((total, value) => total + (value - sum / values.length) ** 2, 0) / (values.length - 1);
  const answers: Record<Operation, unknown> = {
    count: values.length,
    sum: values.length === 0 ? null : sum,
    avg: values.length === 0 ? null : sum / values.length,
    min: values.length === 0 ? null : Math.min(...values),
    max: values.length === 0 ? null : Math.max(...values),
    first: inOrder[0]?.value ?? null,
    last: inOrder.at(-1)?.value ?? null,
    sqr: values.length === 0 ? null : values.reduce((total, value) => total + value * value, 0),
    stdvar: values.length < 2 ? null : variance,
    stddev: values.length < 2 ? null : Math.sqrt(variance),
  };
  return answers[operation];
}

function isSame(operation: Operation, one: unknown, other: unknown): boolean {
  if (!["sqr", "stdvar", "stddev"].includes(operation) || one === null || other === null) return one === other;
  return Math.abs(Number(one) - Number(other)) <= 1e-9 * Math.max(1, Math.abs(Number(one)));
}

const OPERATIONS: Operation[] = ["count", "sum", "avg", "min", "max", "first", "last", "sqr", "stdvar", "stddev"];
const SHAPES: readonly { windows: string[]; period?: string }[] = [
  { windows: ["1h", "2h", "24h"], period: "10m" },
  { windows: ["10m", "7m", "1m"], period: "1m" },
  { windows: ["1h", "3h"] },
  { windows: ["45m", "2h"] },
];

/** Runs random events through a table and checks every answer; gives how many events came late, and how many too late. */
function runSeed(seed: number): { late: number; tooLate: number } {
  const next = randomBelow(seed);
  const shape = SHAPES[next(SHAPES.length)]!;
  const latenessMs = next(2) === 0 ? undefined : next(4 * 60) * MINUTE;
  const windows = table([{ name: "n", operations: OPERATIONS, ...shape }], latenessMs);
  const plan = windows.plans[0]!;
  const periodMs = shape.period === undefined ? undefined : plan.bucketMs;
  const counted: Counted[] = [];
  let [clock, late, tooLate] = [next(2) === 0 ? -HOUR : 1_600_000_000_000, 0, 0];
  for (let turn = 0; turn < 250; turn++) {
    clock += next(4) === 0 ? next(3 * 60) * MINUTE : next(5 * 60_000);
    const time = clock - (next(3) === 0 ? next(5 * 60) * MINUTE : 0);
    const value = (next(4_000) - 2_000) / 8 + (next(20) === 0 ? 2 ** 40 : 0);
    const event: Counted = { key: `k${next(2)}`, time, value };
    const newest = Math.max(...counted.filter(({ key }) => key === event.key).map((other) => other.time));
    const state = windows.add(event.key, [value], { time, now: 0 });
    const isTooLate = time < newest - windows.latenessMs;
    const place = `seed ${seed}, event ${turn} of ${JSON.stringify(shape)}, lateness ${latenessMs}`;
    strictEqual(state === undefined, isTooLate, place);
    if (time < newest) late += 1;
    if (isTooLate) tooLate += 1;
    else counted.push(event);
    for (const asked of [{ key: event.key, time: Math.max(time, newest) }, ...(isTooLate ? [] : [event])]) {
      for (const window of plan.windows) {
        const inside = insideOf(counted, { ...asked, windowMs: window.lengthMs, periodMs });
        for (const operation of OPERATIONS) {
          const got = windows.value(windows.stateOf(asked.key), { plan, operation, window, time: asked.time });
          const wanted = told(inside, operation);
          ok(isSame(operation, wanted, got), `${place}: ${operation} over ${window.text} is ${got}, not ${wanted}`);
        }
      }
    }
  }
  return { late, tooLate };
}

Deno.test("WindowTable.value() is what the definition says, for random events, late ones too", () => {
  const first = Number(Deno.env.get("SEED") ?? 1);
  let [late, tooLate] = [0, 0];
  for (let seed = first; seed < first + 60; seed++) {
    const counts = runSeed(seed * 7919);
    late += counts.late;
    tooLate += counts.tooLate;
  }
  ok(late - tooLate > 500 && tooLate > 500, `${late} late, of which ${tooLate} too late: the test must see both`);
});

Deno.test("WindowTable.fields() tells each operation over each window, at most maxValue", () => {
  const windows = table([
    { name: "n", operations: ["count", "sum", "max", "min", "avg"], windows: ["1h"], period: "1h", maxValue: 3 },
    { name: "t", operations: ["last"], windows: ["1h", "2h"] },
  ]);
  windows.add("k", [2, "x"], { time: 0, now: 0 });
  const state = windows.add("k", [4, NOTHING], { time: 1, now: 0 })!;
  deepStrictEqual(windows.fields(state, 1), {
    n_count_1h: 2,
    n_sum_1h: 3,
    n_max_1h: 3,
    n_min_1h: 2,
    n_avg_1h: 3,
    t_last_1h: "x",
    t_last_2h: "x",
  });
});

Deno.test("WindowTable.add() does not drift: what has left a window leaves nothing behind", () => {
  const windows = table([{ name: "n", operations: ["sum"], windows: ["10m"], period: "1m" }]);
  for (let minute = 0; minute < 100_000; minute++) {
    windows.add("k", [minute < 50_000 ? 1e15 + 0.125 : 0.1], { time: minute * MINUTE, now: 0 });
  }
  deepStrictEqual(windows.fields(windows.stateOf("k")!, 99_999 * MINUTE), { n_sum_10m: 1 });
});

Deno.test("WindowTable.add() keeps only the buckets of the longest window and the lateness", () => {
  const [window, lateness, period] = [60, 30, 1];
  const windows = table([{ name: "n", operations: ["sum"], windows: ["60m", "5m"], period: "1m" }], lateness * MINUTE);
  for (let minute = 0; minute < 1_000; minute++) windows.add("k", [1], { time: minute * MINUTE, now: 0 });
  strictEqual(windows.stateOf("k")!.series[0]!.size, window / period + lateness / period);
});

Deno.test("WindowTable.add() forgets keys that are out of every window, by the events' times and by the clock", () => {
  const sizes = (step: { time: number; now: number }) => {
    const windows = table([{ name: "n", operations: ["sum"], windows: ["1h"], period: "1m" }], HOUR);
    for (let key = 0; key < 100; key++) windows.add(`old${key}`, [1], { time: 0, now: 0 });
    for (let turn = 0; turn < 200; turn++) windows.add("new", [1], step);
    return windows.size;
  };
  const kept = HOUR + HOUR; // window and lateness
  deepStrictEqual(
    [
      sizes({ time: kept + 1, now: kept + 1 }),
      sizes({ time: kept + 1, now: kept }), // a replay that runs ahead
      sizes({ time: kept, now: kept + 1 }), // a stream that paused
    ],
    [1, 101, 101],
  );
});

Deno.test("WindowTable.forget() looks at every key, by a time that is told", () => {
  const windows = table([{ name: "n", operations: ["sum"], windows: ["1h"] }]);
  for (let key = 0; key < 10; key++) windows.add(`${key}`, [1], { time: key * HOUR, now: 0 });
  windows.forget(2 * HOUR, 8 * HOUR);
  strictEqual(windows.size, 10);
  windows.forget(3 * HOUR, 8 * HOUR);
  deepStrictEqual([...windows.states].map(({ key }) => key), ["6", "7", "8", "9"]);
});

Deno.test("WindowTable.value() of a time that is too long ago is not known, of a key that is not there it is empty", () => {
  const windows = table([{ name: "n", operations: ["count"], windows: ["1h"], period: "1m" }], 0);
  const [plan, question] = [windows.plans[0]!, { operation: "count" as const, window: windows.plans[0]!.windows[0]! }];
  const state = windows.add("k", [1], { time: HOUR, now: 0 });
  deepStrictEqual(
    [HOUR - 1, HOUR, 3 * HOUR].map((time) => windows.value(state, { plan, ...question, time })),
    [null, 1, 0],
  );
  strictEqual(windows.value(undefined, { plan, ...question, time: 0 }), 0);
});
