import { deepStrictEqual, rejects } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { choice, type ChoiceOptions } from "../../../../lib/steps/choice.ts";
import { runGraph } from "../../../support/run_graph.ts";

function choosing(
  choose: (body: unknown) => unknown,
  options: ChoiceOptions = {},
): { graph: Graph<unknown>; seen: string[] } {
  const seen: string[] = [];
  const graph = new Graph<unknown>("g");
  const start = graph.to("choose", choice(choose as never, options));
  for (const name of ["a", "b"]) start.to(name, () => void seen.push(name));
  return { graph, seen };
}

Deno.test("choice() sends the event to the steps that it names, each once, at once or later", async () => {
  const { graph, seen } = choosing((body) => body);
  const flow = await runGraph(graph);
  for (const names of ["a", ["b"], ["b", "a", "b"], [], undefined, Promise.resolve("a")]) await flow.ask(await names);
  await flow.close();
  deepStrictEqual(seen, ["a", "b", "b", "a", "a"]);
});

Deno.test("choice() falls back on its default", async () => {
  const { graph, seen } = choosing(() => undefined, { default: "b" });
  await using flow = await runGraph(graph);
  await flow.ask(1);
  deepStrictEqual(seen, ["b"]);
});

Deno.test("choice() fails the event on names that are none, and on other things", async () => {
  const { graph } = choosing((body) => body);
  graph.step("a").respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask("c"), /Cannot send the event to "c": the steps behind "choose" are "a", "b"/);
  for (const wrong of [5, {}, [1], true]) await rejects(flow.ask(wrong), /Cannot choose the next step by .*"a", "b"/);
});
