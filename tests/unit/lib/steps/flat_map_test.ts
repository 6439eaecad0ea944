import { deepStrictEqual, rejects } from "node:assert/strict";
import type { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("flatMap() makes one event an item, with the id of the event that they came from", async () => {
  const seen: unknown[] = [];
  const graph = new Graph<number[]>("g");
  graph.to("flat", flatMap((list) => new Set(list)))
    .to("keep", (event: FlowEvent<number>) => void seen.push([event.id, event.body]), { fullEvent: true });
  const flow = await runGraph(graph);
  await flow.ask([1, 2, 2, 3], { id: "e" });
  await flow.close();
  deepStrictEqual(seen, [["e", 1], ["e", 2], ["e", 3]]);
});

Deno.test("flatMap() ends the event on an empty list, and the caller is told so", async () => {
  const graph = new Graph<number[]>("g");
  graph.to("flat", flatMap(async (list) => await Promise.resolve(list))).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual([await flow.ask([]), await flow.ask([7, 8])], [undefined, 7]);
});

Deno.test("flatMap() refuses a result that cannot be iterated, and text", async () => {
  for (const result of [5, null, undefined, {}, "text"]) {
    const graph = new Graph("g");
    graph.to("flat", flatMap(() => result as never)).respond();
    await using flow = await runGraph(graph);
    await rejects(flow.ask(1), /Cannot make events of/);
  }
});

Deno.test("flatMap() hands its function the signal of the event", async () => {
  const caller = new AbortController();
  const heard = Promise.withResolvers<void>();
  const graph = new Graph<number>("g");
  graph.to(
    "s",
    flatMap(async (_n, { signal }) => {
      signal.addEventListener("abort", () => heard.resolve());
      caller.abort();
      await heard.promise;
      return [];
    }),
  ).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1, { signal: caller.signal }), { status: 499 });
  await heard.promise;
});

Deno.test("flatMap() says what its function gave in place of a list", async () => {
  for (const [given, kind] of [[new Date(0), "a Date"], [NaN, "NaN"], [{}, "object"], [null, "null"]]) {
    const graph = new Graph<number>("g");
    graph.to("s", flatMap(() => given as never)).respond();
    await using flow = await runGraph(graph);
    await rejects(flow.ask(1), new RegExp(`Cannot make events of ${kind}: flatMap's function returns a list`));
  }
});
