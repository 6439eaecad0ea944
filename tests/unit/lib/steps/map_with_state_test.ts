import { deepStrictEqual, rejects } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { mapWithState } from "../../../../lib/steps/map_with_state.ts";
import { runGraph } from "../../../support/run_graph.ts";

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
