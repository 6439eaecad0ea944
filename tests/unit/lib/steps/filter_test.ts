import { deepStrictEqual } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("filter() decides on the part at inputPath and passes the whole body, at once or later", async () => {
  for (const keep of [(n: number) => n > 1, async (n: number) => await Promise.resolve(n > 1)]) {
    const graph = new Graph<{ n: number }>("g");
    graph.to("f", filter(keep) as never, { inputPath: "n" }).respond();
    await using flow = await runGraph(graph);
    deepStrictEqual([await flow.ask({ n: 2 }), await flow.ask({ n: 1 })], [{ n: 2 }, undefined]);
  }
});
