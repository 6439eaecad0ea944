import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { choice } from "../../../../lib/steps/choice.ts";
import { partition } from "../../../../lib/steps/partition.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("partition() puts each body on the left or on the right, at once or later", async () => {
  for (const predicate of [(n: number) => n > 2, async (n: number) => await Promise.resolve(n > 2)]) {
    const graph = new Graph<number>("g");
    graph.to("side", partition(predicate)).respond();
    await using flow = await runGraph(graph);
    deepStrictEqual([await flow.ask(3), await flow.ask(2), await flow.ask(0)], [{ left: 3 }, { right: 2 }, {
      right: 0,
    }]);
  }
});

Deno.test("partition() tells sides apart also where the body is null", async () => {
  const graph = new Graph<number | null>("g");
  const side = graph.to("side", partition((n) => n === null)).to(
    "pick",
    choice((given) => "left" in given ? "l" : "r"),
  );
  const left = side.to("l", () => "none");
  const right = side.to("r", ({ right }) => right);
  graph.after(left, right).to("end", (body) => body).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual([await flow.ask(null), await flow.ask(7)], ["none", 7]);
});

Deno.test("partition() writes a part, or a copy of the body, where resultPath says; with fullEvent the predicate gets the event", async () => {
  const part = new Graph<{ n: number }>("g");
  part.to("side", partition((n) => n as never > 2), { inputPath: "n", resultPath: "side" }).respond();
  const whole = new Graph<{ n: number }>("g");
  whole.to("side", partition((body) => body.n > 2), { resultPath: "side" }).respond();
  const event = new Graph<{ n: number }>("g");
  event.to("side", partition((given) => (given as never as { path: string }).path === "/a"), { fullEvent: true })
    .respond();
  await using one = await runGraph(part);
  await using two = await runGraph(whole);
  await using three = await runGraph(event);
  deepStrictEqual(await one.ask({ n: 3 }), { n: 3, side: { left: 3 } });
  deepStrictEqual(await two.ask({ n: 1 }), { n: 1, side: { right: { n: 1 } } });
  deepStrictEqual(await three.ask({ n: 1 }, { path: "/a" }), { left: { n: 1 } });
});

Deno.test("partition() fails the event when its predicate does, and needs one", async () => {
  const graph = new Graph<number>("g");
  graph.to(
    "side",
    partition(() => {
      throw new Error("boom");
    }),
  ).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1), /boom/);
  const none = new Graph<number>("g");
  none.to("side", partition(undefined as never));
  throws(() => compile(sourceOf(none)), /its predicate is missing/);
});
