import { deepStrictEqual } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("Trip.drop() tells those whose events it stands for: the step on the way to the reply is named, not the last of all", async () => {
  const graph = new Graph<number>("g");
  const kept = graph.to("q", queue());
  kept.to("none", filter(() => false)).to("answer", (n) => n).respond();
  kept.to("side", async (n) => {
    await Promise.resolve();
    return n;
  });
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.handle(new FlowEvent(1)), { kind: "ended", step: "none" });
});
