import { deepStrictEqual } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { faultLines, oneFault } from "../../../support/faults.ts";

const same = (body: unknown) => body;
const options = { functions: ["child", "other"] };
const CURE =
  `Call respond() on a step before the queue, or let the caller read the results from a stream: queue({ path: "…" })`;

const warningsOf = (graph: Graph, currentFunction: string) =>
  compile(sourceOf(graph), { ...options, currentFunction }).warnings.map(({ step, cause }) => `${step}: ${cause}`);

Deno.test("checkReplies() refuses a reply from behind a queue to another function, where the function runs by itself", () => {
  const said = (queue: string, child: string) =>
    oneFault(
      `step "b": it answers the caller, but runs in function "${child}" behind queue "${queue}": a reply cannot cross a queue to another function. ${CURE}`,
    );
  const crossing = new Graph("g");
  crossing.to("a", same).to("q", queue({ path: "memory://q" })).to("b", same, { function: "child" }).respond();
  deepStrictEqual(faultLines(crossing, { ...options, currentFunction: "" }), said("q", "child"));
  deepStrictEqual(warningsOf(crossing, "child"), [], "who asks the child itself gets its reply");
  const first = new Graph("g");
  first.to("q", queue()).to("a", same, { function: "child" }).to("here", queue()).to("c", same, { function: "child" })
    .to("b", same, { function: "child" }).respond();
  deepStrictEqual(faultLines(first, { ...options, currentFunction: "" }), said("q", "child"));
  const far = new Graph("g");
  far.to("a", same).to("q", queue()).to("c", same, { function: "child" }).to("q2", queue())
    .to("b", same, { function: "other" }).respond();
  deepStrictEqual(faultLines(far, { ...options, currentFunction: "" }), said("q", "other"));
  deepStrictEqual(faultLines(far, { ...options, currentFunction: "child" }), said("q2", "other"));
});

Deno.test("checkReplies() warns where all functions run in one process", () => {
  const crossing = new Graph("g");
  crossing.to("a", same).to("q", queue({ path: "memory://q" })).to("b", same, { function: "child" }).respond();
  deepStrictEqual(warningsOf(crossing, "*"), [
    `b: it answers the caller only while all functions run in one process: it runs in function "child" behind queue "q", and a reply cannot cross a queue`,
  ]);
});

Deno.test("checkReplies() says nothing of a queue within a function, nor of one behind the reply", () => {
  const within = new Graph("g");
  within.to("a", same).to("q", queue()).to("b", same).respond()
    .to("out", queue({ path: "memory://out" })).to("c", same, { function: "child" });
  const child = new Graph("g");
  child.to("a", same, { function: "child" }).to("q", queue()).to("b", same, { function: "child" }).respond();
  for (
    const [graph, current] of [[within, "*"], [within, ""], [within, "child"], [child, "*"], [child, "child"]] as const
  ) {
    deepStrictEqual(warningsOf(graph, current).filter((line) => line.startsWith("b:")), []);
  }
});
