import { deepStrictEqual } from "node:assert/strict";
import { CellJournal, runningCell } from "../../../../lib/graph/cell.ts";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";

const CELL = Symbol.for("levada.cell");
const same = (body: unknown) => body;

/** Runs code as the kernel runs a cell. */
function cell(id: string, execution: number, code: () => void): void {
  const world = globalThis as { [CELL]?: unknown };
  world[CELL] = { id, execution };
  try {
    code();
  } finally {
    delete world[CELL];
  }
}

function names(graph: Graph): string[] {
  return sourceOf(graph).nodes.map(({ name }) => name);
}

Deno.test("runningCell() is undefined outside a notebook and for what is no cell", () => {
  deepStrictEqual(runningCell(), undefined);
  (globalThis as { [CELL]?: unknown })[CELL] = { id: 5 };
  deepStrictEqual(runningCell(), undefined);
  delete (globalThis as { [CELL]?: unknown })[CELL];
});

Deno.test("CellJournal.takeBack() undoes what an earlier run of the cell did, last first", () => {
  const journal = new CellJournal();
  const undone: string[] = [];
  cell("a", 1, () => ["one", "two"].forEach((name) => journal.note(() => undone.push(name))));
  cell("b", 2, () => journal.takeBack());
  deepStrictEqual(undone, []);
  cell("a", 3, () => journal.takeBack());
  deepStrictEqual(undone, ["two", "one"]);
  cell("a", 4, () => journal.takeBack());
  deepStrictEqual(undone, ["two", "one"], "a change is taken back once");
});

Deno.test("Graph replaces the steps of a cell that runs again, and only those", () => {
  const graph = new Graph("g");
  cell("one", 1, () => void graph.to("a", same));
  cell("two", 2, () => void graph.addStep("b", same, { after: "a" }).respond());
  cell("one", 3, () => void graph.to("a", same).errorHandler("catch", same));
  deepStrictEqual(names(graph), ["b", "a", "catch"]);
  deepStrictEqual(compile(sourceOf(graph)).hasResponder, true);
  cell("two", 4, () => void graph.addStep("b2", same, { after: "a" }));
  deepStrictEqual(names(graph), ["a", "catch", "b2"]);
  deepStrictEqual(compile(sourceOf(graph)).hasResponder, false, "the mark went with the step");
});

Deno.test("Graph takes back marks that a cell put on another cell's step", () => {
  const graph = new Graph("g");
  const handles: { a?: { respond(): unknown; afterStep(name: string): unknown } } = {};
  cell("one", 1, () => void (handles.a = graph.to("a", same)));
  cell("two", 2, () => void graph.to("z", same));
  cell("three", 3, () => void [handles.a!.respond(), handles.a!.afterStep("z")]);
  deepStrictEqual(sourceOf(graph).nodes[0]!.after, ["z"]);
  cell("three", 4, () => void handles.a!.respond());
  deepStrictEqual([sourceOf(graph).nodes[0]!.after, sourceOf(graph).nodes[0]!.responder], [[], true]);
});

Deno.test("Graph keeps two steps of one name within one run of a cell, so that compile can refuse them", () => {
  const graph = new Graph("g");
  cell("one", 1, () => [graph.to("a", same), graph.to("a", same)]);
  deepStrictEqual(names(graph), ["a", "a"]);
});
