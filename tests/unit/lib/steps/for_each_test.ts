import { deepStrictEqual, rejects } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { forEach } from "../../../../lib/steps/for_each.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("forEach() passes the event when its function is done, whatever that returns", async () => {
  const seen: string[] = [];
  const graph = new Graph<number>("g");
  graph.to(
    "look",
    forEach(async (n: number) => {
      await Promise.resolve();
      seen.push(`looked at ${n}`);
      return "ignored";
    }),
  ).to("next", (n) => {
    seen.push(`went on with ${n}`);
    return n;
  }).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual([await flow.ask(5), seen], [5, ["looked at 5", "went on with 5"]]);
});

Deno.test("forEach() writes what its function returns where the step says so", async () => {
  const graph = new Graph<{ n: number }>("g");
  graph.to("look", forEach(({ n }: { n: number }) => n * 2), { resultPath: "twice" }).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ n: 4 }), { n: 4, twice: 8 });
});

Deno.test("forEach() fails the event that its function fails on, at once or later", async () => {
  for (
    const fail of [() => Promise.reject(new Error("no")), () => {
      throw new Error("no");
    }]
  ) {
    const graph = new Graph<number>("g");
    graph.to("look", forEach(fail)).respond();
    await using flow = await runGraph(graph);
    await rejects(flow.ask(5), /no/);
  }
});
