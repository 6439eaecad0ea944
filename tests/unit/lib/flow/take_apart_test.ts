import { deepStrictEqual, rejects } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { reifyMetadata } from "../../../../lib/steps/reify_metadata.ts";
import { runGraph } from "../../../support/run_graph.ts";

/** Batches of three, worked on as one, taken apart again. */
function batched(work: (list: { n: number }[]) => Promise<{ n: number }[]>): Graph<{ n: number }> {
  const graph = new Graph<{ n: number }>("g");
  graph.to("three", batch<{ n: number }>({ maxEvents: 3 })).to("work", work)
    .to("each", flatMap((list: { n: number }[]) => list))
    .to("who", reifyMetadata({ id: "id", key: "key" })).respond();
  return graph;
}

Deno.test("takeApart() gives the items of a batch their own ids and keys, and each caller theirs", async () => {
  await using flow = await runGraph(batched((list) => Promise.resolve(list.map(({ n }) => ({ n: n * 10 })))));
  const asked = [1, 2, 3].map((n) => flow.ask({ n }, { id: `e${n}`, key: `k${n}` }));
  deepStrictEqual(await Promise.all(asked), [
    { n: 10, id: "e1", key: "k1" },
    { n: 20, id: "e2", key: "k2" },
    { n: 30, id: "e3", key: "k3" },
  ]);
});

Deno.test("takeApart() gives nobody the item of a caller who left while the batch waited or was worked on", async () => {
  for (const when of ["waits", "works"]) {
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    await using flow = await runGraph(batched(async (list) => {
      begin();
      await gate;
      return list.map(({ n }) => ({ n: n * 10 }));
    }));
    const caller = new AbortController();
    const left = rejects(flow.ask({ n: 1 }, { id: "e1", signal: caller.signal }), { status: 499 });
    const second = flow.ask({ n: 2 }, { id: "e2" });
    if (when === "waits") caller.abort();
    const third = flow.ask({ n: 3 }, { id: "e3" });
    if (when === "works") {
      await began;
      caller.abort();
    }
    open();
    await left;
    const [two, three] = await Promise.all([second, third]) as { n: number; id: string }[];
    deepStrictEqual([two!.n, two!.id, three!.n, three!.id], [20, "e2", 30, "e3"], `the caller leaves while it ${when}`);
  }
});

Deno.test("takeApart() leaves several items of one event to its caller, who gets the first", async () => {
  const graph = new Graph<number>("g");
  graph.to("two", flatMap((n: number) => [n, n + 1])).to("same", (n) => n).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask(5), 5);
});
