import { deepStrictEqual, rejects } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { collector } from "../../../../lib/steps/collector.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("collector() gathers the chunks that come through steps, at once or later; none make an empty list", async () => {
  const graph = new Graph<number>("g");
  graph.to("count", async function* (to: number) {
    for (let n = 1; n <= to; n++) yield await Promise.resolve(n);
  })
    .to("odd", filter((n) => n % 2 === 1))
    .to("later", async (n) => await Promise.resolve(n * 10))
    .to("all", collector())
    .respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await Promise.all([flow.ask(5), flow.ask(0), flow.ask(1)]), [[10, 30, 50], [], [10]]);
});

Deno.test("collector() lets go of the chunks of a stream that fails midway", async () => {
  const graph = new Graph<number>("g");
  graph.to("count", function* (to: number) {
    yield to;
    throw new Error("midway");
  }).to("all", collector()).respond();
  const flow = await runGraph(graph);
  await rejects(flow.ask(5), /midway/);
  await flow.close();
});

Deno.test("collector() passes what is no chunk", async () => {
  const graph = new Graph<number>("g");
  graph.to("all", collector()).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask(5), 5);
});
