import { deepStrictEqual, rejects } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { extend } from "../../../../lib/steps/extend.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("extend() adds and replaces fields, at once or later, and leaves the sender's body alone", async () => {
  const graph = new Graph<{ n: number }>("g");
  graph.to("now", extend(({ n }) => ({ twice: n * 2 })))
    .to("later", extend(async ({ twice }) => await Promise.resolve({ n: 0, four: twice * 2 }))).respond();
  await using flow = await runGraph(graph);
  const body = { n: 1 };
  deepStrictEqual(await flow.ask(body), { n: 0, twice: 2, four: 4 });
  deepStrictEqual(body, { n: 1 });
});

Deno.test("extend() reads at inputPath and writes at resultPath", async () => {
  const graph = new Graph<{ a: { n: number } }>("g");
  graph.to("e", extend(({ n }: { n: number }) => ({ m: n })) as never, { inputPath: "a", resultPath: "b" }).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ a: { n: 1 } }), { a: { n: 1 }, b: { n: 1, m: 1 } });
});

Deno.test("extend() refuses a body or a result that is no object", async () => {
  for (
    const [body, added, message] of [
      [null, {}, /the body is null/],
      [[1], {}, /the body is a list/],
      [{}, 5, /with number/],
      [{}, null, /with null/],
    ] as const
  ) {
    const graph = new Graph("g");
    graph.to("e", extend(() => added as never)).respond();
    await using flow = await runGraph(graph);
    await rejects(flow.ask(body), message);
  }
});

Deno.test("extend() hands its function the signal of the event", async () => {
  const caller = new AbortController();
  const heard = Promise.withResolvers<void>();
  const graph = new Graph<number>("g");
  graph.to(
    "s",
    extend(async (_n, { signal }) => {
      signal.addEventListener("abort", () => heard.resolve());
      caller.abort();
      await heard.promise;
      return {};
    }),
  ).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1, { signal: caller.signal }), { status: 499 });
  await heard.promise;
});
