import { strictEqual } from "node:assert/strict";
import { collector, type Flow } from "levada";
import { Graph } from "../../../../lib/graph/graph.ts";
import { runGraph } from "../../../support/run_graph.ts";

async function streamsOf(build: (graph: Graph) => void): Promise<string> {
  const graph = new Graph("g");
  build(graph);
  await using flow: Flow = await runGraph(graph);
  return flow.describe().streams;
}

Deno.test("descriptionOf() tells whether the reply comes in chunks", async () => {
  function* count(body: unknown) {
    yield body;
  }
  const same = (body: unknown) => body;
  strictEqual(await streamsOf((graph) => graph.to("a", count).respond()), "always");
  strictEqual(await streamsOf((graph) => graph.to("a", count).to("b", same).respond()), "maybe");
  strictEqual(await streamsOf((graph) => graph.to("a", count).to("b", collector()).respond()), "never");
  strictEqual(await streamsOf((graph) => graph.to("a", same).respond().to("b", count)), "never");
  strictEqual(await streamsOf((graph) => graph.to("a", count)), "never");
});
