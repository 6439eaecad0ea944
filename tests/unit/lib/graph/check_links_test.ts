import { deepStrictEqual } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { choice } from "../../../../lib/steps/choice.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { faultLines, oneFault } from "../../../support/faults.ts";

const same = (body: unknown) => body;

Deno.test("checkLinks() refuses names that no step has: after, before, handlers, cycles", () => {
  const graph = new Graph("g");
  graph.to("a", same).respond();
  graph.addStep("b", same, { after: "aa" });
  graph.addStep("c", same, { before: "bb" });
  graph.to("d", same).errorHandler("dd");
  graph.to("e", same).cycleTo("ee");
  graph.errorHandler("ff");
  const names = `"a", "b", "c", "d", "e"`;
  deepStrictEqual(faultLines(graph), [
    `Cannot compile graph "g": 5 faults`,
    `  step "b": it stands after "aa", and there is no such step. Add step "aa", or name one of ${names}`,
    `  step "c": it stands before "bb", and there is no such step. Add step "bb", or name one of ${names}`,
    `  the graph sends failures to "ff", and there is no such step. Add step "ff", or name one of ${names}`,
    `  step "d": it sends failures to "dd", and there is no such step. Add step "dd", or name one of ${names}`,
    `  step "e": it goes back to "ee", and there is no such step. Add step "ee", or name one of ${names}`,
  ]);
});

Deno.test("checkLinks() refuses a graph without steps", () => {
  deepStrictEqual(
    faultLines(new Graph("g")),
    oneFault(`graph "g" has no steps. Add one: graph.to("name", (body) => body)`),
  );
});

Deno.test("checkLinks() refuses two responders", () => {
  const graph = new Graph("g");
  graph.to("a", same).respond().to("b", same).respond();
  deepStrictEqual(
    faultLines(graph),
    oneFault(`step "b": "a" and "b" both answer the caller. Call respond() on one step only`),
  );
});

Deno.test("checkLinks() warns of a graph without a responder, unless it ends in a way out", () => {
  const graph = new Graph("g");
  graph.to("a", same);
  deepStrictEqual(faultLines(graph), [
    `warning: no step answers the caller, who will get the event's id instead. Call respond() on the step whose result is the reply, if there is one`,
  ]);
  const out = new Graph("g");
  out.to("a", same).to("q", queue({ path: "memory://q" }));
  deepStrictEqual(faultLines(out), []);
});

Deno.test("checkLinks() refuses steps that no event reaches", () => {
  const graph = new Graph("g", { allowCycles: true });
  graph.to("a", same).respond();
  graph.addStep("b", same, { after: "c" });
  graph.addStep("c", choice(() => []), { after: "b" });
  deepStrictEqual(faultLines(graph), [
    `Cannot compile graph "g": 2 faults`,
    `  step "b": no event can reach it. Put it behind a step: { after: "…" }`,
    `  step "c": no event can reach it. Put it behind a step: { after: "…" }`,
  ]);
});

Deno.test("checkLinks() refuses a graph of error handlers only", () => {
  const graph = new Graph("g");
  graph.errorHandler("catch", same);
  graph.step("catch").respond();
  deepStrictEqual(
    faultLines(graph),
    oneFault(
      `no step takes the events that are sent in: each one is an error handler or stands behind one. Add a step that is none: graph.to("name", (body) => body)`,
    ),
  );
});

Deno.test("checkLinks() refuses a change of function without a queue, and no function behind a queue with a path", () => {
  const graph = new Graph("g");
  graph.to("a", same).respond().to("b", same, { function: "child" });
  deepStrictEqual(
    faultLines(graph, { functions: ["child"] }),
    oneFault(
      `step "b": it runs in function "child" and "a" before it in "(the parent)", with no queue between. Put a queue between them: .to("q", queue({ path: "…" }))`,
    ),
  );
  const lost = new Graph("g");
  lost.to("q", queue({ path: "memory://q" })).to("b", same).respond();
  deepStrictEqual(
    faultLines(lost),
    oneFault(
      `step "b": it stands behind queue "q", which leaves the function, and says no function to run in. Say which: { function: "…" }, or take the path away from the queue`,
    ),
  );
});

Deno.test("checkLinks() refuses limits of the graph that are out of range", () => {
  const graph = new Graph("g", { maxIterations: 0, timeoutMs: -5, maxInFlight: 0.5, allowCycles: "yes" as never });
  graph.to("a", same).respond();
  deepStrictEqual(faultLines(graph), [
    `Cannot compile graph "g": 4 faults`,
    `  option allowCycles of the graph: Invalid input: expected boolean, received string. Mend the options of setTopology("flow", { … })`,
    `  option maxIterations of the graph: Too small: expected number to be >=1. Mend the options of setTopology("flow", { … })`,
    `  option timeoutMs of the graph: Too small: expected number to be >0. Mend the options of setTopology("flow", { … })`,
    `  option maxInFlight of the graph: Invalid input: expected int, received number. Mend the options of setTopology("flow", { … })`,
  ]);
});
