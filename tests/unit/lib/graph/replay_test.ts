import { deepStrictEqual, match, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { Cells } from "../../../support/cells.ts";

const same = (body: unknown) => body;

function names(graph: Graph): string[] {
  return sourceOf(graph).nodes.map(({ name }) => name);
}

Deno.test("Graph replaces the steps of a cell that runs again, in their place, and keeps what other cells told of them", () => {
  const [cells, graph] = [new Cells(), new Graph("g")];
  cells.run("one", () => void graph.to("a", same));
  cells.run("two", () => void graph.addStep("b", same, { after: "a" }).respond());
  cells.run("one", () => void graph.to("a", same).errorHandler("catch", same));
  deepStrictEqual(names(graph), ["a", "catch", "b"]);
  deepStrictEqual(compile(sourceOf(graph)).hasResponder, true);
  cells.run("two", () => void graph.addStep("b2", same, { after: "a" }));
  deepStrictEqual(names(graph), ["a", "catch", "b2"]);
  deepStrictEqual(compile(sourceOf(graph)).hasResponder, false, "the mark went with the cell");
});

Deno.test("Graph takes back marks that a cell put on another cell's step, and no other cell's", () => {
  const [cells, graph] = [new Cells(), new Graph("g")];
  cells.run("steps", () => ["a", "b", "c", "d"].forEach((name) => graph.to(name, same)));
  cells.run("one", () => void graph.step("d").afterStep("b"));
  cells.run("two", () => void graph.step("d").afterStep("c"));
  cells.run("one", () => void graph.step("d").respond());
  deepStrictEqual([sourceOf(graph).nodes[3]!.after, sourceOf(graph).nodes[3]!.responder], [["c"], true]);
});

Deno.test("Graph forgets a step whose line was deleted from its cell", () => {
  const [cells, graph] = [new Cells(), new Graph("g")];
  cells.run("one", () => void [graph.to("main", same), graph.to("side", same)]);
  cells.run("one", () => void graph.to("main", same));
  deepStrictEqual(names(graph), ["main"]);
  cells.run("one");
  deepStrictEqual(names(graph), []);
});

Deno.test("Graph tells of marks on a step that has gone with its cell", () => {
  const [cells, graph] = [new Cells(), new Graph("g")];
  cells.run("one", () => void [graph.to("a", same), graph.to("b", same)]);
  cells.run("two", () => void graph.step("b").respond());
  cells.run("one", () => void graph.to("a", same));
  throws(() => compile(sourceOf(graph)), {
    message: `Cannot compile graph "g": 1 fault\n  respond() was called on step "b", which is not there any more. ` +
      `Run the cell that adds it, or call it on another step; there are "a"`,
  });
});

Deno.test("Graph keeps two steps of one name within one run of a cell, so that compile can refuse them", () => {
  const [cells, graph] = [new Cells(), new Graph("g")];
  cells.run("one", () => [graph.to("a", same), graph.to("a", same)]);
  deepStrictEqual(names(graph), ["a", "a"]);
});

Deno.test("Graph.removeSteps() takes steps out with what was told of them, and says which there are", () => {
  const graph = new Graph("g");
  graph.to("a", same).to("b", same).respond();
  graph.removeSteps(["b"]);
  deepStrictEqual(names(graph), ["a"]);
  deepStrictEqual(compile(sourceOf(graph)).hasResponder, false);
  throws(() => graph.removeSteps(["b"]), /Cannot find step "b" in graph "g": it has "a"/);
});

Deno.test("Graph.setFlow() with force replaces all steps, and a cell that runs again gives them back", () => {
  const [cells, graph] = [new Cells(), new Graph("g")];
  cells.run("one", () => void graph.to("a", same));
  cells.run("two", () => void graph.setFlow([{ name: "b", step: same }], { force: true }));
  deepStrictEqual(names(graph), ["b"]);
  cells.run("two");
  deepStrictEqual(names(graph), ["a"]);
});

Deno.test('Graph puts a step behind the step before it with "$prev", also when that one has changed', () => {
  const [cells, graph] = [new Cells(), new Graph("g")];
  cells.run("one", () => void graph.to("a", same));
  cells.run("two", () => void graph.addStep("z", same, { after: "$prev" }));
  cells.run("one", () => void graph.to("a", same).to("b", same));
  deepStrictEqual(sourceOf(graph).nodes.at(-1)!.after, ["b"]);
  match(graph.plot().text, /a .*\n.*b .*\n.*z /);
});
