import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { hasRunAgain, runningCell } from "../../../../lib/graph/cell.ts";
import { Cells } from "../../../support/cells.ts";

const CELL = Symbol.for("levada.cell");
const CELLS = Symbol.for("levada.cells");

Deno.test("runningCell() is undefined outside a notebook and for what is no cell", () => {
  deepStrictEqual(runningCell(), undefined);
  (globalThis as { [CELL]?: unknown })[CELL] = { id: 5 };
  deepStrictEqual(runningCell(), undefined);
  delete (globalThis as { [CELL]?: unknown })[CELL];
});

Deno.test("hasRunAgain() compares with the latest execution that the kernel tells, and is no where it tells nothing", () => {
  const cells = new Cells();
  cells.run("a");
  const first = { id: "a", execution: 1 };
  strictEqual(hasRunAgain(first), false);
  cells.run("b");
  strictEqual(hasRunAgain(first), false);
  cells.run("a");
  strictEqual(hasRunAgain(first), true);
  strictEqual(hasRunAgain({ id: "unknown", execution: 1 }), false);
  (globalThis as { [CELLS]?: unknown })[CELLS] = "no map";
  strictEqual(hasRunAgain(first), false);
});
