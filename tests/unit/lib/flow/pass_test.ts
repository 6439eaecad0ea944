import { deepStrictEqual } from "node:assert/strict";
import { Pass } from "../../../../lib/flow/pass.ts";

Deno.test("Pass keeps what becomes of a record, in order, until it ends", () => {
  const pass = new Pass();
  const [one, other, late] = [1, 2, 3].map((bytes) => ({ bytes }));
  pass.keep(one!);
  pass.keep(other!);
  deepStrictEqual([pass.isOver, pass.end()], [false, [one, other]]);
  pass.keep(late!);
  deepStrictEqual([pass.isOver, pass.end()], [true, [one, other]]);
});
