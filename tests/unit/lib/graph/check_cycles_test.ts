import { deepStrictEqual } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { choice } from "../../../../lib/steps/choice.ts";
import { faultLines } from "../../../support/faults.ts";

const same = (body: unknown) => body;

Deno.test("checkCycles() refuses a loop where none is allowed", () => {
  const graph = new Graph("g");
  graph.to("a", same).to("b", same).respond().cycleTo("a");
  deepStrictEqual(faultLines(graph), [
    `Cannot compile graph "g": 1 fault`,
    `  step "a": steps "a", "b" form a loop. Take out one of the links between them, or say setTopology("flow", { allowCycles: true })`,
  ]);
});

Deno.test("checkCycles() refuses a cycle that no event can leave, although a step stands behind it", () => {
  const graph = new Graph("g", { allowCycles: true });
  const b = graph.to("a", same).to("b", same);
  b.cycleTo("a");
  b.to("end", same).respond(); // gets a copy each round, and the round goes on
  deepStrictEqual(faultLines(graph), [
    `Cannot compile graph "g": 1 fault`,
    `  step "a": no event can leave the cycle of "a", "b". Choose between the way back and a step behind one of them: choice((body) => …)`,
  ]);
});

Deno.test("checkCycles() finds the cycle without a way out beside one that has it", () => {
  const graph = new Graph("g", { allowCycles: true });
  const pick = graph.to("a", same).to("pick", choice(() => "end"));
  pick.cycleTo("a");
  const left = pick.to("left", same);
  left.to("right", same).cycleTo("left");
  pick.to("end", same).respond();
  deepStrictEqual(faultLines(graph), [
    `Cannot compile graph "g": 1 fault`,
    `  step "left": no event can leave the cycle of "left", "right". Choose between the way back and a step behind one of them: choice((body) => …)`,
  ]);
});
