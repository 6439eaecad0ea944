import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { GraphError } from "../../../../lib/errors.ts";
import { compile, type CompileOptions, type Plan } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { choice } from "../../../../lib/steps/choice.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { queue } from "../../../../lib/steps/queue.ts";

const same = (body: unknown) => body;

/** The faults of a graph as `step: cause`. */
function faultsOf(graph: Graph, options: CompileOptions = {}): string[] {
  try {
    compile(sourceOf(graph), options);
    return [];
  } catch (error) {
    ok(error instanceof GraphError);
    ok(error.faults.every(({ cure }) => cure !== ""), "each fault has a cure");
    return error.faults.map(({ step, cause }) => `${step}: ${cause}`);
  }
}

/** The links of a plan as `from>to`. */
function linksOf({ steps }: Plan): string[] {
  return steps.flatMap(({ spec, next }) => next.map((to) => `${spec.name}>${steps[to]!.spec.name}`)).sort();
}

Deno.test("compile() reports every fault at once, and warnings do not stop it", () => {
  const graph = new Graph("g");
  graph.addStep("a", same, { after: "nowhere" });
  graph.addStep("a", same);
  graph.addStep("b", same, { before: "elsewhere", function: "child" });
  graph.to("c", same).errorHandler("nobody");
  const places = faultsOf(graph).map((fault) => fault.replaceAll(/compile_test\.ts:\d+:\d+/g, "PLACE"));
  deepStrictEqual(places, [
    `a: it stands after "nowhere", and there is no such step`,
    `b: it stands before "elsewhere", and there is no such step`,
    `c: it sends failures to "nobody", and there is no such step`,
    `a: two steps have this name: one added at PLACE, one at PLACE`,
    `b: it runs in function "child", which is not declared`,
  ]);
});

Deno.test("compile() names both places of a duplicate name", () => {
  const graph = new Graph("g");
  graph.to("twice", same);
  graph.to("twice", same);
  const [fault] = faultsOf(graph);
  const lines = [...fault!.matchAll(/compile_test\.ts:(\d+)/g)].map(([, line]) => Number(line));
  deepStrictEqual(lines.length, 2);
  deepStrictEqual(lines[1]! - lines[0]!, 1);
});

Deno.test("compile() refuses loops, two responders and an empty graph", () => {
  const loop = new Graph("g");
  loop.addStep("a", same, { after: "b" });
  loop.addStep("b", same, { after: "a" });
  loop.addStep("c", same, { after: "b" }).respond();
  deepStrictEqual(faultsOf(loop), [`a: steps "a", "b" form a loop`, "c: no event can reach it"]);

  const two = new Graph("g");
  two.to("a", same).respond().to("b", same).respond();
  deepStrictEqual(faultsOf(two), [`b: "a" and "b" both answer the caller`]);

  deepStrictEqual(faultsOf(new Graph("g")), [`undefined: graph "g" has no steps`]);
});

Deno.test("compile() warns of a graph without a responder", () => {
  const graph = new Graph("g");
  graph.to("a", same);
  deepStrictEqual(compile(sourceOf(graph)).warnings.map(({ severity }) => severity), ["warning"]);
});

Deno.test("compile() refuses a change of function without a queue, and a queue that loses what enters it", () => {
  const graph = new Graph("g");
  graph.to("a", same).to("b", same, { function: "child" });
  graph.to("end", queue());
  graph.to("q", queue({ path: "memory://q" })).to("lost", same);
  deepStrictEqual(faultsOf(graph, { functions: ["child"] }), [
    "end: the queue is the end of the graph and has no path, so what enters it is lost",
    `b: it runs in function "child" and "a" before it in "(the parent)", with no queue between`,
    `lost: it stands behind queue "q", which leaves the function, and says no function to run in`,
  ]);
});

Deno.test("compile() refuses options that are unknown, of a wrong type or out of range, and arguments that are not JSON", () => {
  class Takes {
    do = same;
  }
  const graph = new Graph("g");
  graph.to("f", same, { typo: 1 } as never);
  graph.to("q", queue({ capacityEvents: 0, path: "x" }));
  graph.to("p", same, { inputPath: 3 } as never);
  graph.to("c", Takes, { when: new Date(), deep: { list: [Symbol("x")] }, fine: [1, { a: null }], fn: same } as object);
  graph.to("m", filter(undefined as never));
  deepStrictEqual(faultsOf(graph), [
    `f: it has no option "typo"`,
    "q: option capacityEvents: Too small: expected number to be >=1",
    "p: option inputPath is 3",
    "c: argument when (Date) is not JSON, so the step could not leave this program",
    "c: argument deep.list[0] (symbol) is not JSON, so the step could not leave this program",
    "m: its fn is missing",
  ]);
});

Deno.test("compile() puts a step before others: between two, or taking over everything that led there", () => {
  const between = new Graph("g");
  between.addStep("s1", same);
  between.addStep("s3", same, { after: "$prev" });
  between.addStep("s2", same, { after: "s1", before: "s3" });
  deepStrictEqual(linksOf(compile(sourceOf(between))), ["s1>s2", "s2>s3"]);

  const takeOver = new Graph("g");
  const root = takeOver.to("root", same);
  root.to("a", same);
  root.to("b", same);
  takeOver.addStep("join", same, { after: ["a", "b"] });
  takeOver.addStep("pre", same, { before: "join" });
  takeOver.addStep("head", same, { before: "root" });
  deepStrictEqual(linksOf(compile(sourceOf(takeOver))), [
    "a>pre",
    "b>pre",
    "head>root",
    "pre>join",
    "root>a",
    "root>b",
  ]);
});

Deno.test("compile() keeps the steps of the current function and the queue that leaves it", () => {
  const graph = new Graph("g");
  graph.to("a", same).to("q", queue({ path: "memory://q" })).to("b", same, { function: "child" }).to("c", same, {
    function: "child",
  });
  const functions = ["child"];
  deepStrictEqual(linksOf(compile(sourceOf(graph), { functions })), ["a>q", "b>c", "q>b"]);
  deepStrictEqual(linksOf(compile(sourceOf(graph), { functions, currentFunction: "" })), ["a>q"]);
  deepStrictEqual(linksOf(compile(sourceOf(graph), { functions, currentFunction: "child" })), ["b>c"]);
  deepStrictEqual(faultsOf(graph, { functions, currentFunction: "other" }), [
    `undefined: no step belongs to function "other"`,
  ]);
});

Deno.test("compile() takes a snapshot: later changes of the graph do not reach the plan", () => {
  const graph = new Graph("g");
  graph.to("a", same);
  const plan = compile(sourceOf(graph));
  graph.to("b", same);
  deepStrictEqual(plan.steps.length, 1);
});

Deno.test("Graph.to() refuses what is no step", () => {
  throws(() => new Graph("g").to("a", 5 as never), /Cannot add step "a": a step is a function, .* not number/);
});

Deno.test("compile() leaves a step a start although an error handler stands before it", () => {
  const graph = new Graph("g");
  graph.to("work", same).respond();
  graph.errorHandler("mend", same, { before: "work" });
  const plan = compile(sourceOf(graph));
  deepStrictEqual([plan.starts, linksOf(plan)], [[0], ["mend>work"]]);
  deepStrictEqual(plan.steps.map(({ isOnCycle, maxIterations }) => [isOnCycle, maxIterations]), [
    [false, 100], // by way of the handler the event may come back
    [false, 100],
  ]);
});

Deno.test("compile() starts a child's part where the queue leads into it, also in the middle of a cycle", () => {
  const graph = new Graph("g", { allowCycles: true });
  const child = { function: "child" };
  const pick = graph.to("q", queue({ path: "memory://q" })).to("work", same, child).to("pick", choice(() => []), child);
  pick.to("again", same, child).cycleTo("work");
  pick.to("end", same, child).respond();
  const { starts, steps } = compile(sourceOf(graph), { functions: ["child"], currentFunction: "child" });
  deepStrictEqual(starts.map((start) => steps[start]!.spec.name), ["work"]);
});
