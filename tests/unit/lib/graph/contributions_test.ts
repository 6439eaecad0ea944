import { deepStrictEqual } from "node:assert/strict";
import { Contributions } from "../../../../lib/graph/contributions.ts";
import { Cells } from "../../../support/cells.ts";

Deno.test("Contributions.live replaces what a cell told by what it tells now, in its old place", () => {
  const [cells, told] = [new Cells(), new Contributions<string>()];
  cells.run("a", () => ["a1", "a2"].forEach((item) => told.add(item)));
  cells.run("b", () => told.add("b1"));
  cells.run("c", () => told.add("c1"));
  deepStrictEqual(told.live, ["a1", "a2", "b1", "c1"]);
  cells.run("b", () => ["b2", "b3"].forEach((item) => told.add(item)));
  deepStrictEqual(told.live, ["a1", "a2", "b2", "b3", "c1"]);
  cells.run("a", () => told.add("a3"));
  deepStrictEqual(told.live, ["a3", "b2", "b3", "c1"]);
});

Deno.test("Contributions.live forgets what a cell does not tell any more", () => {
  const [cells, told] = [new Cells(), new Contributions<string>()];
  cells.run("a", () => told.add("a1"));
  cells.run("b", () => told.add("b1"));
  cells.run("a");
  deepStrictEqual(told.live, ["b1"]);
  cells.run("a", () => told.add("a2"));
  deepStrictEqual(told.live, ["a2", "b1"], "it comes back to its place");
});

Deno.test("Contributions.live keeps what no cell told, and what is told to last", () => {
  const [cells, told] = [new Cells(), new Contributions<string>()];
  told.add("program");
  cells.run("a", () => told.add("shared", { isLasting: true }));
  cells.run("a", () => told.add("a1"));
  cells.run("a");
  deepStrictEqual(told.live, ["program", "shared"]);
});
