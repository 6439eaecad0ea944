import { strictEqual } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { map } from "../../../../lib/steps/map.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("map() replaces the body by the function's result, falsy ones too", async () => {
  const graph = new Graph<number>("g");
  graph.to("zero", map((n) => n - n)).to("later", map(async (n) => await Promise.resolve(n === 0))).respond();
  await using flow = await runGraph(graph);
  strictEqual(await flow.ask(5), true);
});
