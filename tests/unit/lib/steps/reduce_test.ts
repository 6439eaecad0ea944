import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { compile } from "../../../../lib/graph/compile.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { reduce } from "../../../../lib/steps/reduce.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("reduce() gives its value at close, and each event the value so far", async () => {
  const graph = new Graph<number>("g");
  graph.to("sum", reduce(0, (sum: number, n: number) => sum + n)).respond();
  const flow = await runGraph(graph);
  deepStrictEqual([await flow.ask(1), await flow.ask(2)], [1, 3]);
  deepStrictEqual(await flow.close(), 3);
});

Deno.test("reduce() folds one event after the other, also where the function answers later and fails between", async () => {
  const graph = new Graph<number>("g");
  graph.to(
    "list",
    reduce([] as number[], async (list: number[], n: number) => {
      await Promise.resolve();
      if (n === 2) throw new Error("two");
      return [...list, n];
    }),
  );
  const flow = await runGraph(graph);
  await Promise.all([1, 2, 3, 4].map((n) => flow.ask(n).catch(() => {})));
  deepStrictEqual(await flow.close(), [1, 3, 4]);
});

Deno.test("reduce() begins anew when the flow is started again", async () => {
  const graph = new Graph<number>("g");
  graph.to(
    "list",
    reduce({ seen: [] as number[] }, (state, n: number) => {
      state.seen.push(n);
      return state;
    }),
  );
  for (const n of [1, 2]) {
    const flow = await runGraph(graph);
    await flow.emit(n);
    deepStrictEqual(await flow.close(), { seen: [n] });
  }
});

Deno.test("Flow.close() gives the results of several folds by step", async () => {
  const graph = new Graph<number>("g");
  graph.to("sum", reduce(0, (sum: number, n: number) => sum + n));
  graph.to("count", reduce(0, (count: number) => count + 1));
  const flow = await runGraph(graph);
  for (const n of [5, 6]) await flow.emit(n);
  deepStrictEqual(await flow.close(), { sum: 11, count: 2 });
});

Deno.test("reduce() refuses an initial value that is not JSON, when the graph is compiled", () => {
  const graph = new Graph<number>("g");
  graph.to("sum", reduce(new Map(), (state) => state));
  throws(() => compile(sourceOf(graph)), /option initial: is not JSON/);
});

Deno.test("reduce() fails the event that its function fails on", async () => {
  const graph = new Graph<number>("g");
  graph.to(
    "sum",
    reduce(0, () => {
      throw new Error("boom");
    }),
  ).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1), /boom/);
});
