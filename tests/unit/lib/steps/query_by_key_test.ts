import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { aggregateByKey } from "../../../../lib/steps/aggregate_by_key.ts";
import { choice } from "../../../../lib/steps/choice.ts";
import { queryByKey, type QueryByKeyOptions } from "../../../../lib/steps/query_by_key.ts";
import { runGraph } from "../../../support/run_graph.ts";
import { slowTable } from "../../../support/slow_table.ts";

interface Body {
  user?: unknown;
  amount?: number;
}

const HOUR = 3_600_000;

/** Bodies with an amount are counted, the others ask. */
function graphOf(features: readonly string[], options: Partial<QueryByKeyOptions<Body, unknown>> = {}): Graph<Body> {
  const graph = new Graph<Body>("g");
  const way = graph.to("way", choice((body: Body) => body.amount === undefined ? "ask" : ["sliding", "fixed"]));
  way.to(
    "sliding",
    aggregateByKey<Body>({
      key: "user" as never,
      table: "t",
      lateness: "2h",
      aggregations: [{ name: "s", column: "amount", operations: ["sum", "count"], windows: ["1h"], period: "30m" }],
    }),
  );
  way.to(
    "fixed",
    aggregateByKey<Body>({
      key: "user" as never,
      table: "t",
      lateness: "2h",
      aggregations: [{ name: "f_x", column: "amount", operations: ["sum"], windows: ["1h", "2h"] }],
    }),
  );
  way.to(
    "ask",
    queryByKey<Body, readonly string[], unknown>(features, { key: "user" as never, table: "t", ...options }),
  )
    .respond();
  return graph;
}

const ROWS = { a: { city: "Funchal", nothing: undefined, s_sum_1h_old: 4 } };
const ALL = ["s_sum_1h", "s_count_1h", "f_x_sum_1h", "f_x_sum_2h", "city", "s_sum_1h_old", "nothing", "toString"];

Deno.test("queryByKey() tells what windows hold and rows say, and counts nothing", async () => {
  for (const table of [undefined, () => slowTable(ROWS)]) {
    await using flow = await runGraph(graphOf(ALL), table === undefined ? {} : { table });
    for (const [amount, hours] of [[1, 0], [2, 1.4], [4, 2]] as const) {
      await flow.ask({ user: "a", amount }, { time: new Date(hours * HOUR) });
    }
    const row = table === undefined ? [null, null, null, null] : ["Funchal", 4, null, null];
    const ask = async (hours: number, user = "a") => {
      const { user: _, ...features } = await flow.ask<object & { user: string }>({ user }, {
        time: new Date(hours * HOUR),
      });
      deepStrictEqual(Object.keys(features), ALL);
      return Object.values(features);
    };
    for (let turn = 0; turn < 2; turn++) deepStrictEqual(await ask(2), [4, 1, 4, 4, ...row]);
    deepStrictEqual(await ask(1.5), [2, 1, 2, 3, ...row]);
    deepStrictEqual(await ask(5), [null, 0, null, null, ...row]);
    deepStrictEqual(await ask(-0.1), [null, null, null, null, ...row], "before what is kept, nothing is known");
    deepStrictEqual(await ask(2, "nobody"), [null, 0, null, null, null, null, null, null]);
  }
});

Deno.test("queryByKey() reads the last fixed window that is over, where it is told to", async () => {
  await using flow = await runGraph(graphOf(["f_x_sum_1h", "s_count_1h"], { fixedWindow: "lastClosed" }));
  for (const hours of [0, 1, 1.1]) await flow.ask({ user: "a", amount: 1 }, { time: new Date(hours * HOUR) });
  const answers = [];
  for (const hours of [1.2, 2, 3]) answers.push(await flow.ask({ user: "a" }, { time: new Date(hours * HOUR) }));
  deepStrictEqual(answers, [
    { user: "a", f_x_sum_1h: 1, s_count_1h: 2 },
    { user: "a", f_x_sum_1h: 2, s_count_1h: 0 },
    { user: "a", f_x_sum_1h: null, s_count_1h: 0 },
  ]);
});

Deno.test("queryByKey() joins by a function, at once or later; by default fields of the body stay", async () => {
  for (const later of [false, true]) {
    const join = (body: Body, features: object) => later ? Promise.resolve([body, features]) : [body, features];
    await using flow = await runGraph(graphOf(["s_count_1h"], { join }));
    deepStrictEqual(await flow.ask({ user: "a" }), [{ user: "a" }, { s_count_1h: 0 }]);
  }
  await using flow = await runGraph(graphOf(["s_count_1h"]));
  deepStrictEqual(await flow.ask({ user: "a", s_count_1h: "mine" }), { user: "a", s_count_1h: "mine" });
  deepStrictEqual(Object.keys(await flow.ask({ user: "a" })), ["user", "s_count_1h"], "features come behind");
});

Deno.test("queryByKey() names what an aggregation has, where it lacks what is asked", async () => {
  for (const feature of ["s_avg_1h", "s_sum_2h", "s_sum_60m"]) {
    await using flow = await runGraph(graphOf([feature]));
    await rejects(
      flow.ask({ user: "a" }),
      new RegExp(`Cannot query "${feature}" of table "t": aggregation "s" has sum, count over 1h`),
    );
  }
});

Deno.test("queryByKey() refuses keys, times and bodies that are none", async () => {
  await using flow = await runGraph(graphOf(["city"]));
  for (const user of [undefined, null, NaN, {}]) {
    await rejects(flow.ask({ user }), /Cannot query table "t": its key is/);
  }
  const graph = new Graph<unknown>("g");
  graph.to("ask", queryByKey<unknown, ["city"]>(["city"], { table: "t", time: (() => "soon") as never })).respond();
  await using keyless = await runGraph(graph);
  await rejects(keyless.ask({}), /Cannot query table "t": the event has no key/);
  await rejects(keyless.ask({}, { key: "a" }), /Cannot query table "t": its time is "soon"/);
});

Deno.test("two aggregateByKey() of one table may not have an aggregation of one name; of two tables or functions they may", async () => {
  const aggregate = (table: string) =>
    aggregateByKey<Body>({
      table,
      aggregations: [{ name: "n", column: "amount", operations: ["sum"], windows: ["1h"] }],
    });
  const graph = new Graph<Body>("g");
  graph.to("one", aggregate("t")).to("two", aggregate("t"));
  await rejects(runGraph(graph), /Cannot aggregate "n" in table "t": step "one" does so already/);
  const apart = new Graph<Body>("g");
  apart.to("one", aggregate("t")).to("two", aggregate("u"));
  await (await runGraph(apart)).close();
});

Deno.test("queryByKey() refuses options that are none, when the graph is compiled", () => {
  for (
    const [features, options, pattern] of [
      [[], {}, /option features/],
      [[""], {}, /option features\.0/],
      [["x"], { table: "" }, /option table/],
      [["x"], { fixedWindow: "closed" }, /option fixedWindow/],
    ] as const
  ) {
    throws(() => compile(sourceOf(graphOf(features, options as never))), pattern);
  }
});

Deno.test("queryByKey() reads the key of the event's body with fullEvent, and refuses bodies whose fields would be lost", async () => {
  const graph = new Graph<Body>("g");
  const step = queryByKey<Body, readonly string[], unknown>(["city"], { key: "user" as never, table: "t" });
  graph.to("ask", step as never, { fullEvent: true }).respond();
  await using flow = await runGraph(graph, { table: () => slowTable(ROWS) });
  deepStrictEqual(await flow.ask({ user: "a" }), { city: "Funchal", user: "a" });
  await rejects(flow.ask(new Map([["user", "a"]])), /Cannot query table "t": the body is a Map, not an object/);
});
