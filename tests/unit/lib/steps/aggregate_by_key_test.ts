import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import type { Flow } from "../../../../lib/flow/flow.ts";
import { aggregateByKey } from "../../../../lib/steps/aggregate_by_key.ts";
import type { Aggregation } from "../../../../lib/steps/windows/aggregation.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";

interface Purchase {
  user?: string | number;
  amount?: unknown;
}

const MINUTE = 60_000;
const SUM: Aggregation<Purchase> = {
  name: "n",
  column: "amount",
  operations: ["count", "sum"],
  windows: ["1h"],
  period: "10m",
};

function answering(options: Partial<Parameters<typeof aggregateByKey<Purchase>>[0]> = {}): Graph<Purchase> {
  const graph = new Graph<Purchase>("g");
  graph.to("agg", aggregateByKey<Purchase>({ aggregations: [SUM], ...options })).respond();
  return graph;
}

function keeping(options: Partial<Parameters<typeof aggregateByKey<Purchase>>[0]>): {
  graph: Graph<Purchase>;
  seen: unknown[];
} {
  const seen: unknown[] = [];
  const graph = new Graph<Purchase>("g");
  graph.to("agg", aggregateByKey<Purchase>({ aggregations: [SUM], ...options } as never))
    .to("keep", (body) => void seen.push(body));
  return { graph, seen };
}

function ask(flow: Flow, amount: unknown, minute: number, key?: string): Promise<unknown> {
  return flow.ask({ amount }, { time: new Date(minute * MINUTE), key });
}

Deno.test("aggregateByKey() adds the fields of each key's windows, and leaves fields of the body alone", async () => {
  await using flow = await runGraph(answering());
  deepStrictEqual(await ask(flow, 1, 0, "a"), { n_count_1h: 1, n_sum_1h: 1, amount: 1 });
  deepStrictEqual(await ask(flow, 10, 0, "b"), { n_count_1h: 1, n_sum_1h: 10, amount: 10 });
  deepStrictEqual(await ask(flow, 2, 30, "a"), { n_count_1h: 2, n_sum_1h: 3, amount: 2 });
  deepStrictEqual(await ask(flow, 4, 60, "a"), { n_count_1h: 2, n_sum_1h: 6, amount: 4 });
  const own = { amount: 8, n_sum_1h: "mine" };
  deepStrictEqual(await flow.ask(own, { time: new Date(60 * MINUTE), key: "a" }), {
    n_count_1h: 3,
    n_sum_1h: "mine",
    amount: 8,
  });
  deepStrictEqual(own, { amount: 8, n_sum_1h: "mine" }, "the sender's body stays as it was");
});

Deno.test("aggregateByKey() takes keys and times from fields and functions; events without a key go together", async () => {
  for (const key of ["user", ({ user }: Purchase) => user!] as const) {
    await using flow = await runGraph(answering({ key }));
    const bodies = [{ user: "a", amount: 1 }, { user: 7, amount: 2 }, { user: "7", amount: 4 }, {
      user: "",
      amount: 8,
    }];
    const sums = [];
    for (const body of bodies) sums.push((await flow.ask<{ n_sum_1h: number }>(body)).n_sum_1h);
    deepStrictEqual(sums, [1, 2, 6, 8]);
  }
  await using keyless = await runGraph(answering());
  deepStrictEqual([await ask(keyless, 1, 0), await ask(keyless, 2, 1)].at(-1), {
    n_count_1h: 2,
    n_sum_1h: 3,
    amount: 2,
  });
  const times = [(body: Purchase & { at?: never }) => body.at!, "at"] as const;
  for (const time of times) {
    await using flow = await runGraph(answering({ time } as never));
    const ats = [
      "1970-01-01T00:00:00Z",
      59 * MINUTE,
      new Date(60 * MINUTE),
      "1970-01-01 01:01",
      "1970-01-01T03:00+01:00",
    ];
    const counts = [];
    for (const at of ats) counts.push((await flow.ask<{ n_count_1h: number }>({ amount: 1, at })).n_count_1h);
    deepStrictEqual(counts, [1, 2, 2, 3, 1]);
  }
});

Deno.test("aggregateByKey() counts a late event where it belongs, and lets one that is too late pass as it came", async () => {
  await using flow = await runGraph(answering({ lateness: "30m" }));
  deepStrictEqual(await ask(flow, 1, 60), { n_count_1h: 1, n_sum_1h: 1, amount: 1 });
  deepStrictEqual(await ask(flow, 2, 30), { n_count_1h: 1, n_sum_1h: 2, amount: 2 });
  deepStrictEqual(await ask(flow, 4, 61), { n_count_1h: 3, n_sum_1h: 7, amount: 4 });
  deepStrictEqual(await ask(flow, 8, 30), { amount: 8 });
  deepStrictEqual(await ask(flow, 16, 61), { n_count_1h: 4, n_sum_1h: 23, amount: 16 });
  deepStrictEqual(flow.counts(), { agg: { late: 1 } });
});

Deno.test("aggregateByKey() lets an event pass as it came whose time is too far ahead, so that later ones are not late", async () => {
  const clock = new ManualClock(60 * MINUTE);
  const day = 24 * 60;
  {
    await using flow = await runGraph(answering(), { clock });
    const latest = await flow.ask({ amount: 1 }, { time: new Date(8.64e15), key: "a" });
    deepStrictEqual(latest, { amount: 1 });
    deepStrictEqual(await ask(flow, 2, 60, "a"), { n_count_1h: 1, n_sum_1h: 2, amount: 2 });
    deepStrictEqual(await ask(flow, 4, 60 + day, "b"), { n_count_1h: 1, n_sum_1h: 4, amount: 4 }, "a day is allowed");
    deepStrictEqual(await flow.ask({ amount: 8 }, { time: new Date((60 + day) * MINUTE + 1), key: "b" }), {
      amount: 8,
    });
    deepStrictEqual(flow.counts(), { agg: { tooEarly: 2 } });
  }
  const long: Aggregation<Purchase> = { ...SUM, windows: ["7d"], period: "1d" };
  await using week = await runGraph(answering({ aggregations: [long] }), { clock });
  deepStrictEqual(await ask(week, 1, 60 + 7 * day), { n_count_7d: 1, n_sum_7d: 1, amount: 1 }, "the longest window is");
  deepStrictEqual(await ask(week, 1, 61 + 7 * day), { amount: 1 });

  await using strict = await runGraph(answering({ maxAhead: "5m" }), { clock });
  deepStrictEqual(await ask(strict, 1, 65), { n_count_1h: 1, n_sum_1h: 1, amount: 1 });
  deepStrictEqual(await ask(strict, 1, 66), { amount: 1 });
  await clock.advance(MINUTE);
  deepStrictEqual(await ask(strict, 1, 66), { n_count_1h: 2, n_sum_1h: 2, amount: 1 }, "the clock is the measure");
});

Deno.test("aggregateByKey() adds its fields behind the body's own, which keep their value", async () => {
  await using flow = await runGraph(answering());
  const body = await flow.ask({ amount: 1, n_sum_1h: "mine" }, { time: new Date(0) });
  deepStrictEqual(Object.entries(body), [["amount", 1], ["n_sum_1h", "mine"], ["n_count_1h", 1]]);
});

Deno.test("aggregateByKey() counts nothing where there is no value, and fails events whose value is none, without counting", async () => {
  await using flow = await runGraph(answering({
    aggregations: [SUM, { name: "t", column: "amount", operations: ["last", "count"], windows: ["1h"] }],
  }));
  const empty = { n_count_1h: 0, n_sum_1h: null, t_last_1h: null, t_count_1h: 0 };
  for (const amount of [null, undefined, NaN]) deepStrictEqual(await ask(flow, amount, 0), { ...empty, amount });
  deepStrictEqual(await flow.ask({}, { time: new Date(0) }), empty);
  for (const amount of ["5", true, Infinity, [1], {}, 5n, new Date(0)]) {
    await rejects(
      ask(flow, amount, 0),
      /Cannot aggregate the event into "n": field "amount" is .*, not a finite number/,
    );
  }
  for (const body of [null, "text", 5, [1]]) {
    await rejects(flow.ask(body), /Cannot aggregate the event: the body is .*, not an object/);
  }
  deepStrictEqual(await ask(flow, null, 0), { ...empty, amount: null });
  await using texts = await runGraph(answering({
    aggregations: [{ name: "t", column: "amount", operations: ["first", "last", "count"], windows: ["1h"] }],
  }));
  await ask(texts, "b", 1);
  deepStrictEqual(await ask(texts, "a", 0), { t_first_1h: "a", t_last_1h: "b", t_count_1h: 2, amount: "a" });
  await rejects(ask(texts, {}, 0), /into "t": field "amount" is object, not text, a number or a boolean/);
});

Deno.test("aggregateByKey() refuses keys and times that are none", async () => {
  for (const user of [undefined, null, NaN, Infinity, {}, [], true]) {
    await using flow = await runGraph(answering({ key: "user" }));
    await rejects(flow.ask({ user, amount: 1 }), /Cannot aggregate the event: its key is .*A key is text or a number/);
  }
  for (const at of [undefined, null, NaN, 1e300, {}, "yesterday", "1/2/2020", "2020", "", new Date(NaN)]) {
    await using flow = await runGraph(answering({ time: "at" } as never));
    await rejects(flow.ask({ at, amount: 1 }), /Cannot aggregate the event: its time is .*A time is a date, text/);
  }
});

Deno.test("aggregateByKey() counts what `where` says yes to, by a function's value; both answer at once", async () => {
  const aggregation = { ...SUM, column: undefined, value: ({ amount }: Purchase) => Number(amount) * 2 };
  const { column: _, ...byValue } = aggregation;
  await using flow = await runGraph(answering({
    aggregations: [{ ...byValue, where: ({ amount }: Purchase) => Number(amount) % 2 === 0 }],
  }));
  deepStrictEqual(await ask(flow, 1, 0), { n_count_1h: 0, n_sum_1h: null, amount: 1 });
  deepStrictEqual(await ask(flow, 2, 0), { n_count_1h: 1, n_sum_1h: 4, amount: 2 });
  deepStrictEqual(await ask(flow, 3, 0), { n_count_1h: 1, n_sum_1h: 4, amount: 3 });
  for (
    const late of [{ value: () => Promise.resolve(1) }, {
      value: () => 1,
      where: (() => Promise.resolve(false)) as never,
    }]
  ) {
    await using slow = await runGraph(answering({ aggregations: [{ ...byValue, ...late }] }));
    await rejects(ask(slow, 1, 0), /into "n": (value|where) answers later, not at once/);
  }
  await using failing = await runGraph(answering({
    aggregations: [{
      ...byValue,
      where() {
        throw new Error("no");
      },
    }],
  }));
  await rejects(ask(failing, 1, 0), /no/);
});

Deno.test("aggregateByKey() makes the body by join, at once or later", async () => {
  for (const later of [false, true]) {
    const join = (body: Purchase, fields: object) => later ? Promise.resolve([body, fields]) : [body, fields];
    await using flow = await runGraph(answering({ join } as never));
    deepStrictEqual(await ask(flow, 1, 0), [{ amount: 1 }, { n_count_1h: 1, n_sum_1h: 1 }]);
  }
});

Deno.test("aggregateByKey() writes where resultPath says, of what inputPath says", async () => {
  const graph = new Graph<{ p: Purchase }>("g");
  graph.to(
    "agg",
    aggregateByKey<Purchase>({ aggregations: [SUM] }) as never,
    { inputPath: "p", resultPath: "q" } as never,
  )
    .respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ p: { amount: 3 } }), {
    p: { amount: 3 },
    q: { amount: 3, n_count_1h: 1, n_sum_1h: 3 },
  });
});

Deno.test("aggregateByKey() gives the n-th event of each key, and no other", async () => {
  const { graph, seen } = keeping({ emit: { afterEvents: 2 } } as never);
  const flow = await runGraph(graph);
  for (const [amount, key] of [[1, "a"], [2, "b"], [4, "a"], [8, "a"], [16, "b"]] as const) {
    await flow.emit({ amount }, { time: new Date(0), key });
  }
  deepStrictEqual(await flow.ask({ amount: 100 }, { key: "c" }).then(() => seen.length), 2);
  await flow.close();
  deepStrictEqual(seen, [
    { n_count_1h: 2, n_sum_1h: 5, amount: 4 },
    { n_count_1h: 2, n_sum_1h: 18, amount: 16 },
  ]);
});

Deno.test("aggregateByKey() gives the latest event of a key after a time, and at close; the others end", async () => {
  const clock = new ManualClock();
  const { graph, seen } = keeping({ emit: { afterEvents: 3, timeoutMs: 100 }, lateness: "1h" } as never);
  const flow = await runGraph(graph, { clock });
  const emit = (amount: number, key: string) => flow.deliver(new FlowEvent({ amount }, { time: new Date(0), key }));
  const first = emit(1, "a");
  await clock.advance(60);
  const second = emit(2, "a");
  deepStrictEqual((await first).kind, "accepted");
  await clock.advance(39);
  deepStrictEqual(seen, []);
  await clock.advance(1); // 100 ms after the first
  deepStrictEqual(seen, [{ n_count_1h: 2, n_sum_1h: 3, amount: 2 }]);
  await second;
  for (const amount of [4, 8]) void emit(amount, "a");
  await emit(16, "a"); // the third since
  deepStrictEqual(seen.at(-1), { n_count_1h: 5, n_sum_1h: 31, amount: 16 });
  deepStrictEqual(clock.timers, 0);
  const last = emit(32, "b");
  await flow.close();
  await last;
  deepStrictEqual([seen.length, seen.at(-1), clock.timers], [3, { n_count_1h: 1, n_sum_1h: 32, amount: 32 }, 0]);
});

Deno.test("aggregateByKey() fails the event that it holds where its join fails", async () => {
  const clock = new ManualClock();
  for (
    const join of [() => Promise.reject(new Error("no join")), () => {
      throw new Error("no join");
    }]
  ) {
    await using flow = await runGraph(answering({ emit: { afterEvents: 9, timeoutMs: 10 }, join } as never), { clock });
    const asked = rejects(ask(flow, 1, 0), /no join/);
    await clock.advance(10);
    await asked;
  }
});

Deno.test("aggregateByKey() gives out every key at the end of each period of the clock, as it was just before", async () => {
  const clock = new ManualClock();
  const { graph, seen } = keeping({
    emit: { after: "period", delayMs: 1_000 },
    aggregations: [{ ...SUM, windows: ["20m"] }],
  } as never);
  const flow = await runGraph(graph, { clock });
  const emit = (amount: number, key: string, at = clock.now()) => flow.emit({ amount }, { time: new Date(at), key });
  await clock.advance(5 * MINUTE);
  await emit(1, "a");
  await emit(2, "b");
  await clock.advance(5 * MINUTE);
  await emit(4, "a"); // belongs to the next period
  await emit(8, "a", 9 * MINUTE); // comes late, but within delayMs
  deepStrictEqual(seen, []);
  await clock.advance(1_000);
  const at = (minutes: number) => new Date(minutes * MINUTE);
  deepStrictEqual(seen.splice(0), [
    { key: "a", time: at(10), n_count_20m: 2, n_sum_20m: 9 },
    { key: "b", time: at(10), n_count_20m: 1, n_sum_20m: 2 },
  ]);
  await clock.advance(10 * MINUTE);
  deepStrictEqual(seen.splice(0), [
    { key: "a", time: at(20), n_count_20m: 3, n_sum_20m: 13 },
    { key: "b", time: at(20), n_count_20m: 1, n_sum_20m: 2 },
  ]);
  await clock.advance(10 * MINUTE);
  deepStrictEqual(seen.splice(0).map((body) => (body as { n_sum_20m: unknown }).n_sum_20m), [4, null]);
  await emit(16, "b");
  await flow.close();
  deepStrictEqual(seen, [{ key: "b", time: new Date(30 * MINUTE + 1_000), n_count_20m: 1, n_sum_20m: 16 }]);
  deepStrictEqual(clock.timers, 0);
});

Deno.test("aggregateByKey() gives out fixed windows when they are over, and forgets keys that have been quiet", async () => {
  const clock = new ManualClock();
  const { graph, seen } = keeping({
    emit: { after: "window" },
    aggregations: [{ name: "n", column: "amount", operations: ["sum"], windows: ["1h", "2h"] }],
  } as never);
  await using flow = await runGraph(graph, { clock });
  await flow.emit({ amount: 1 }, { time: new Date(0), key: "a" });
  await clock.advance(60 * MINUTE);
  deepStrictEqual(seen.splice(0), [{ key: "a", time: new Date(60 * MINUTE), n_sum_1h: 1, n_sum_2h: 1 }]);
  await clock.advance(60 * MINUTE);
  deepStrictEqual(seen.splice(0), [{ key: "a", time: new Date(120 * MINUTE), n_sum_1h: null, n_sum_2h: 1 }]);
  await clock.advance(20 * 60 * MINUTE);
  deepStrictEqual(seen.length, 2, "at 3 and 4 hours; then two longest windows are over");
});

Deno.test("aggregateByKey() reports every fault of its options at once, when the graph is compiled", () => {
  const faults = (options: object): string => {
    try {
      compile(sourceOf(answering(options)));
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  const { column: _, ...nothing } = SUM;
  const cases: [object, ...RegExp[]][] = [
    [{ aggregations: [] }, /option aggregations/],
    [{ aggregations: [SUM, SUM] }, /two aggregations have the name "n"/],
    [{ aggregations: [nothing] }, /aggregation "n" has neither a column nor a value/],
    [{ aggregations: [{ ...SUM, value: () => 1 }] }, /aggregation "n" has both a column and a value/],
    [{ aggregations: [{ ...nothing, value: 5 }] }, /value of aggregation "n" is number/],
    [{ aggregations: [{ ...SUM, where: "yes" }] }, /where of aggregation "n" is string/],
    [
      { aggregations: [{ ...SUM, windows: ["1x"] }], lateness: "soon", maxAhead: "far" },
      /aggregations\.0\.windows\.0: .*"1x"/,
      /option lateness: .*"soon"/,
      /option maxAhead: .*"far"/,
    ],
    [
      { aggregations: [{ ...SUM, windows: ["1h", "25m"] }] },
      /option aggregations\.0\.windows\.1: "25m" is no multiple of period "10m"/,
    ],
    [{ emit: {} }, /option emit: say either afterEvents or after/],
    [{ emit: { afterEvents: 0 } }, /option emit\.afterEvents/],
    [{ emit: { afterEvents: 1, after: "period" } }, /say either afterEvents or after/],
    [{ emit: { after: "hour" } }, /option emit\.after/],
    [{ emit: { after: "window", timeoutMs: 5 } }, /timeoutMs goes with afterEvents/],
    [{ emit: { afterEvents: 2, delayMs: 5 } }, /delayMs goes with after/],
    [{ emit: { after: "window" }, join: () => 1 }, /join has no meaning with emit after a window/],
    [{ key: "" }, /option key/],
    [{ table: "" }, /option table/],
  ];
  for (const [options, ...patterns] of cases) {
    for (const pattern of patterns) {
      deepStrictEqual(pattern.test(faults(options)), true, `${pattern}: ${faults(options)}`);
    }
  }
});

Deno.test("aggregateByKey() cannot be tried again: it would count twice", () => {
  const graph = new Graph<Purchase>("g");
  graph.to("agg", aggregateByKey<Purchase>({ aggregations: [SUM] }), { retries: 1 });
  throws(() => compile(sourceOf(graph)), /option retries has no meaning for a aggregateByKey/);
});

Deno.test("aggregateByKey() refuses bodies whose fields would be lost, without counting", async () => {
  const aggregations = [{ name: "n", value: () => 1, operations: ["count"], windows: ["1h"] }] as const;
  await using flow = await runGraph(answering({ aggregations }));
  for (const [body, kind] of [[new Map([["user", "a"]]), "a Map"], [new Date(0), "a Date"], [new Set(), "a Set"]]) {
    await rejects(flow.ask(body), new RegExp(`Cannot aggregate the event: the body is ${kind}, not an object`));
  }
  deepStrictEqual(await flow.ask({}), { n_count_1h: 1 });
});

Deno.test("aggregateByKey() reads key, time and column of the event's body with fullEvent", async () => {
  const graph = new Graph<Purchase>("g");
  const step = aggregateByKey<Purchase>({ aggregations: [SUM], key: "user", time: "at" as never });
  graph.to("agg", step as never, { fullEvent: true }).respond();
  await using flow = await runGraph(graph);
  const at = "1970-01-01T00:00:00Z";
  deepStrictEqual(await flow.ask({ user: "a", amount: 2, at }), {
    n_count_1h: 1,
    n_sum_1h: 2,
    user: "a",
    amount: 2,
    at,
  });
  deepStrictEqual(await flow.ask({ user: "a", amount: 3, at }), {
    n_count_1h: 2,
    n_sum_1h: 5,
    user: "a",
    amount: 3,
    at,
  });
});
