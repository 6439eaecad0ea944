import { deepStrictEqual, rejects } from "node:assert/strict";
import { memoryTable } from "../../../../lib/flow/memory_table.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { mapWithState } from "../../../../lib/steps/map_with_state.ts";
import { runGraph } from "../../../support/run_graph.ts";
import { slowTable } from "../../../support/slow_table.ts";

Deno.test("mapWithState() keeps a state for each key of the events, and one for those without", async () => {
  const graph = new Graph<number>("g");
  graph.to("sum", mapWithState(() => 0, (n: number, sum) => [sum + n, sum + n])).respond();
  for (let run = 0; run < 2; run++) { // started again, it begins anew
    await using flow = await runGraph(graph);
    const answers = [];
    for (const [n, key] of [[1, "a"], [2, "b"], [3, "a"], [4, undefined], [5, undefined]] as const) {
      answers.push(await flow.ask(n, { key }));
    }
    deepStrictEqual(answers, [1, 2, 4, 4, 9]);
  }
});

Deno.test("mapWithState() lets one event of a key see what the one before left, also where the function answers later", async () => {
  const graph = new Graph<number>("g");
  graph.to(
    "list",
    mapWithState((key) => [key] as unknown[], async (n: number, list) => {
      for (let turn = 0; turn < 5 - n; turn++) await Promise.resolve();
      if (n === 3) throw new Error("three");
      return [[...list, n], [...list, n]];
    }, { key: (n) => n % 2 }),
  ).respond();
  await using flow = await runGraph(graph);
  const asked = [1, 2, 3, 4, 5].map((n) => flow.ask(n).catch(() => "failed"));
  deepStrictEqual(await Promise.all(asked), [["1", 1], ["0", 2], "failed", ["0", 2, 4], ["1", 1, 5]]);
});

Deno.test("mapWithState() refuses a result that is no pair, and keys that are none", async () => {
  for (const result of [5, undefined, [1], [1, 2, 3], {}]) {
    const graph = new Graph<number>("g");
    graph.to("s", mapWithState(() => 0, () => result as never)).respond();
    await using flow = await runGraph(graph);
    await rejects(flow.ask(1), /not \[body, state\]/);
  }
  for (const key of [undefined, NaN, {}]) {
    const graph = new Graph<number>("g");
    graph.to("s", mapWithState(() => 0, (n: number, s) => [n, s], { key: () => key as never })).respond();
    await using flow = await runGraph(graph);
    await rejects(flow.ask(1), /Cannot find the event's state: its key is/);
  }
});

Deno.test("mapWithState() keeps its states in a table, which outlives the flow", async () => {
  for (const table of [memoryTable({ a: { sum: 10 } }), slowTable({ a: { sum: 10 } })]) {
    const graph = new Graph<number>("g");
    graph.to(
      "sum",
      mapWithState(() => ({ sum: 0 }), async (n: number, { sum }) => {
        for (let turn = 0; turn < 5 - n; turn++) await Promise.resolve();
        return [sum + n, { sum: sum + n }];
      }, { table: "sums" }),
    ).respond();
    const answers = [];
    for (let run = 0; run < 2; run++) {
      await using flow = await runGraph(graph, { table: () => table });
      answers.push(
        ...await Promise.all([flow.ask(1, { key: "a" }), flow.ask(2, { key: "a" }), flow.ask(3, { key: "b" })]),
      );
    }
    deepStrictEqual(answers, [11, 13, 3, 14, 16, 6]);
    deepStrictEqual([await table.get("a"), await table.get("b")], [{ sum: 16 }, { sum: 6 }]);
  }
});

Deno.test("mapWithState() refuses to put into a table what is no row", async () => {
  const graph = new Graph<number>("g");
  graph.to("s", mapWithState(() => 0, (n: number, s) => [n, s + n], { table: "t" })).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1, { key: "a" }), /Cannot put the row of key "a" into table "t": it is number, not an object/);
});
