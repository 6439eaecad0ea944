import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import type { KeyedTable } from "../../../../lib/graph/keyed_table.ts";
import { andThen, atOnce, isLater, laterOf } from "../../../../lib/graph/later.ts";
import type { ReadyStep } from "../../../../lib/graph/step.ts";
import { aggregateByKey } from "../../../../lib/steps/aggregate_by_key.ts";
import { assertEvents } from "../../../../lib/steps/assert_events.ts";
import { choice } from "../../../../lib/steps/choice.ts";
import { extend } from "../../../../lib/steps/extend.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { forEach } from "../../../../lib/steps/for_each.ts";
import { joinWithTable } from "../../../../lib/steps/join_with_table.ts";
import { mapWithState } from "../../../../lib/steps/map_with_state.ts";
import { merge } from "../../../../lib/steps/merge.ts";
import { parallel } from "../../../../lib/steps/parallel.ts";
import { partition } from "../../../../lib/steps/partition.ts";
import { queryByKey } from "../../../../lib/steps/query_by_key.ts";
import { reduce } from "../../../../lib/steps/reduce.ts";
import { runGraph } from "../../../support/run_graph.ts";
import { Thenable, thenable } from "../../../support/thenable.ts";

const AT_ONCE = [
  undefined,
  null,
  0,
  "then",
  Symbol("s"),
  5n,
  {},
  [],
  new Map(),
  { then: 1 },
  () => 1,
  new FlowEvent(1),
];

Deno.test("laterOf() and isLater() tell promises and thenables from what is there at once", async () => {
  for (const value of AT_ONCE) deepStrictEqual([laterOf(value), isLater(value)], [undefined, false]);
  const promise = Promise.resolve(1);
  strictEqual(laterOf(promise), promise);
  strictEqual(isLater(promise), true);
  const query = new Thenable(() => 41);
  strictEqual(isLater(query), true);
  strictEqual(query.starts, 0, "asking starts nothing");
  strictEqual(await laterOf(query), 41);
  strictEqual(query.starts, 1);
  const callable = Object.assign(() => {}, { then: (resolve: (value: number) => void) => resolve(7) });
  strictEqual(await laterOf(callable), 7);
});

Deno.test("laterOf() reads `then` once, and passes on what it throws and what it fails with", async () => {
  let reads = 0;
  const getter = {
    get then() {
      reads += 1;
      return (resolve: (value: unknown) => void) => resolve(thenable("inside"));
    },
  };
  deepStrictEqual([await laterOf(getter), reads], ["inside", 1]);
  const broken = {
    get then(): never {
      throw new Error("no then");
    },
  };
  for (const ask of [laterOf, isLater]) throws(() => ask(broken), /no then/);
  for (
    const then of [(_resolve: unknown, reject: (error: unknown) => void) => reject(new Error("no rows")), () => {
      throw new Error("no rows");
    }]
  ) {
    await rejects(laterOf({ then })!, /no rows/);
  }
});

Deno.test("andThen() goes on at once where it can", async () => {
  strictEqual(andThen(1, (n) => n + 1), 2);
  strictEqual(await andThen(thenable(1), (n) => n + 1), 2);
});

Deno.test("atOnce() refuses what answers later, starts nothing, and lets no rejection go unhandled", () => {
  strictEqual(atOnce(5, "join", "it"), 5);
  const query = new Thenable(() => 1);
  for (const later of [query, Promise.reject(new Error("nobody's"))]) {
    throws(() => atOnce(later, "join the parts", "join"), /^TypeError: Cannot join the parts: join answers later/);
  }
  strictEqual(query.starts, 0);
});

const TABLE: KeyedTable = {
  get: () => thenable({ city: "Funchal" }),
  put: () => thenable(undefined),
  delete: () => thenable(undefined),
};
const COUNT = [{ name: "n", value: () => 1, operations: ["count"], windows: ["1h"] }] as const;

/** A step whose code answers by a thenable, what comes in, and what goes on. */
const STEPS: readonly (readonly [ReadyStep<never, unknown>, unknown, unknown])[] = [
  [extend(() => thenable({ b: 2 })), { a: 1 }, { a: 1, b: 2 }],
  [flatMap((n: number) => thenable([n])), 1, 1],
  [partition(() => thenable(false)), 1, { right: 1 }],
  [reduce(1, (sum: number, n: number) => thenable(sum + n)), 1, 2],
  [mapWithState(() => 1, (n: number, state) => thenable([n + state, 0])), 1, 2],
  [mapWithState(() => ({}), (_n: number, row) => thenable([row, row]), { table: "t" }), 1, { city: "Funchal" }],
  [parallel({ a: (n: number) => thenable(n) }), 1, { a: 1 }],
  [parallel({ a: (n: number) => n, b: (n: number) => n }, { select: () => thenable("b" as const) }), 1, { b: 1 }],
  [parallel({ a: (n: number) => n }, { join: ({ a }) => thenable(a + 1) }), 1, 2],
  [joinWithTable("t", { key: () => "a" }), {}, { city: "Funchal" }],
  [joinWithTable("t", { key: () => "a", join: (_body, row) => thenable(row!.city) }), {}, "Funchal"],
  [queryByKey(["city"], { key: () => "a", table: "t" }), {}, { city: "Funchal" }],
  [queryByKey(["city"], { key: () => "a", table: "t", join: () => thenable(5) }), {}, 5],
  [aggregateByKey({ aggregations: COUNT, join: (_body: object, fields) => thenable(fields.n_count_1h) }), {}, 1],
];

for (const [index, [step, body, answer]] of STEPS.entries()) {
  Deno.test(`${step.definition.kind}() waits for a thenable of its code (${index})`, async () => {
    const seen: unknown[] = [];
    const graph = new Graph<never>("g");
    graph.to("step", step as ReadyStep<never, unknown>).to("keep", (result) => void seen.push(result));
    const flow = await runGraph(graph, { table: () => TABLE });
    await flow.emit(body);
    await flow.close();
    deepStrictEqual(seen, [answer]);
  });
}

Deno.test("filter(), assertEvents(), choice() and forEach() wait for a thenable of their code", async () => {
  let isSeen = false;
  const graph = new Graph<number>("g");
  const way = graph.to("look", forEach(() => new Thenable(() => Promise.resolve().then(() => void (isSeen = true)))))
    .to("way", choice(() => thenable("right")));
  way.to("left", () => "left");
  way.to("right", (n) => n)
    .to("none", filter(() => thenable(false))).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual([await flow.ask(2), isSeen], [undefined, true]);
  const asserting = new Graph<number>("g");
  asserting.to("wrong", assertEvents<number>({ each: () => thenable(false) })).respond();
  await using other = await runGraph(asserting);
  await rejects(other.ask(1), /"each" says no to 1/);
});

class Doubling {
  do(n: number): number {
    return new Thenable(() => n * 2) as unknown as number;
  }
}

class DoublingEvent {
  doEvent({ body }: FlowEvent<number>): number {
    return new Thenable(() => body * 2) as unknown as number;
  }
}

Deno.test("functions and classes that are steps are waited for where they give a thenable", async () => {
  const seen: unknown[] = [];
  const graph = new Graph<number>("g");
  graph.to("plain", (n: number) => new Thenable(() => n + 1) as unknown as number) // the way that goes without a context
    .to("told", (n, _context) => new Thenable(() => n + 1) as unknown as number)
    .to("class", Doubling)
    .to("event", DoublingEvent as never, { fullEvent: true })
    .to("keep", (n) => void seen.push(n));
  const flow = await runGraph(graph);
  await flow.emit(40);
  await flow.close();
  deepStrictEqual(seen, [168]);
});

Deno.test("a step fails its event where `then` cannot be read", async () => {
  const graph = new Graph<number>("g");
  const broken = {
    get then(): never {
      throw new Error("no then");
    },
  };
  graph.to("read", (_n: number, _context) => broken).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1), /Step "read" failed: no then/);
});

Deno.test("merge() refuses a join, and steps a key, that answers later; its rejection ends with the event", async () => {
  const graph = new Graph<number>("g");
  graph.to("join", merge<number, unknown>({ join: () => Promise.reject(new Error("nobody's")) })).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1), /Cannot merge the event: join answers later, not at once/);
  const keyed = new Graph<number>("g");
  keyed.to("join", merge<number>({ key: () => Promise.reject(new Error("nobody's")) as never })).respond();
  await using other = await runGraph(keyed);
  await rejects(other.ask(1), /Cannot merge the event: its key answers later, not at once/);
});
