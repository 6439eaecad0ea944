import { deepStrictEqual, rejects } from "node:assert/strict";
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

Deno.test("filter() hands its function the signal of the event", async () => {
  const caller = new AbortController();
  const heard = Promise.withResolvers<void>();
  const graph = new Graph<number>("g");
  graph.to(
    "s",
    filter(async (_n, { signal }) => {
      signal.addEventListener("abort", () => heard.resolve());
      caller.abort();
      await heard.promise;
      return true;
    }),
  ).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1, { signal: caller.signal }), { status: 499 });
  await heard.promise;
});
