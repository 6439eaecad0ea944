import { deepStrictEqual, rejects } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { flatten } from "../../../../lib/steps/flatten.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("flatten() makes one event an item, and refuses what is no list", async () => {
  const seen: unknown[] = [];
  const graph = new Graph<unknown[]>("g");
  graph.to("items", flatten()).to("keep", (item) => void seen.push(item));
  const flow = await runGraph(graph);
  const answered = new Graph<unknown[]>("g");
  answered.to("items", flatten()).respond();
  await using other = await runGraph(answered);
  await flow.ask([1, [2], undefined]);
  await flow.close();
  deepStrictEqual(seen, [1, [2], undefined]);
  deepStrictEqual([await other.ask([]), await other.ask([7])], [undefined, 7]);
  for (const body of [null, 5, "text", {}]) await rejects(other.ask(body), /Cannot make events of/);
});
