import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { rename } from "../../../../lib/steps/rename.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("rename() goes in order, replaces what is there, leaves alone what is not, and the sender's body as it is", async () => {
  const graph = new Graph<{ a: number; b?: number }>("g");
  graph.to("names", rename({ a: "b", b: "c", x: "y" } as { a: "b"; b: "c" })).respond();
  await using flow = await runGraph(graph);
  const body = { a: 1, b: 2 };
  deepStrictEqual([await flow.ask(body), body], [{ c: 1 }, { a: 1, b: 2 }]);
});

Deno.test("rename() refuses bodies that are no objects, and names that are none", async () => {
  const graph = new Graph<object>("g");
  graph.to("names", rename({})).respond();
  await using flow = await runGraph(graph);
  for (const body of [null, 5, [1], "text"]) {
    await rejects(flow.ask(body), /Cannot rename fields of the body: the body is/);
  }
  const wrong = new Graph<{ a: number }>("g");
  wrong.to("names", rename({ a: "" }));
  throws(() => compile(sourceOf(wrong)), /option names\.a/);
});
