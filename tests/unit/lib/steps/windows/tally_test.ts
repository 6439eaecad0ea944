import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type Operation, OPERATIONS, Tally } from "../../../../../lib/steps/windows/tally.ts";

function tallyOf(values: readonly unknown[], from = 0): Tally {
  const tally = new Tally();
  for (const [index, value] of values.entries()) tally.add(value, from + index);
  return tally;
}

function told(tally: Tally, operations: readonly Operation[] = OPERATIONS): unknown[] {
  return operations.map((operation) => tally.value(operation));
}

Deno.test("Tally.value() tells everything of some values, and null where there are too few", () => {
  deepStrictEqual(told(tallyOf([2, 4, 4, 6])), [4, 16, 4, 2, 6, Math.sqrt(8 / 3), 8 / 3, 72, 2, 6]);
  deepStrictEqual(told(tallyOf([5])), [1, 5, 5, 5, 5, null, null, 25, 5, 5]);
  deepStrictEqual(told(new Tally()), [0, null, null, null, null, null, null, null, null, null]);
});

Deno.test("Tally.value() counts text and booleans, and tells the first and the last", () => {
  deepStrictEqual(told(tallyOf(["b", true, "a"]), ["count", "first", "last"]), [3, "b", "a"]);
});

Deno.test("Tally.add() orders by time: late ones can be the first; of one time the first that came is the first", () => {
  const tally = new Tally();
  for (const [value, time] of [["a", 5], ["b", 5], ["c", 3], ["d", 3], ["e", 4]] as const) tally.add(value, time);
  deepStrictEqual(told(tally, ["first", "last"]), ["c", "b"]);
});

Deno.test("Tally.join() gives what adding all would have given", () => {
  const values = [3, -1, 7, 7, 0, 12, -5, 2];
  for (let cut = 0; cut <= values.length; cut++) {
    const joined = tallyOf(values.slice(0, cut));
    joined.join(tallyOf(values.slice(cut), cut));
    const [whole, parts] = [told(tallyOf(values)), told(joined)];
    for (const [index, value] of whole.entries()) ok(Math.abs(Number(value) - Number(parts[index])) < 1e-12);
  }
});

Deno.test("Tally.value() loses no small value beside a large one, and no spread beside a large mean", () => {
  strictEqual(tallyOf([1e16, 1, 1, -1e16]).value("sum"), 2);
  const parts = tallyOf([1e16]);
  parts.join(tallyOf([1, 1], 1));
  parts.join(tallyOf([-1e16], 3));
  strictEqual(parts.value("sum"), 2);
  const near = tallyOf([1e9 + 4, 1e9 + 7]);
  near.join(tallyOf([1e9 + 13, 1e9 + 16], 2));
  strictEqual(near.value("stdvar"), 30); // sqr - sum² / n gives 0 or less here
});

Deno.test("Tally.clear() leaves nothing of what was counted", () => {
  const tally = new Tally();
  for (const value of [1e16, 1, -3, 0.1]) tally.add(value, 5);
  tally.clear();
  deepStrictEqual(OPERATIONS.map((operation) => tally.value(operation)), [0, ...OPERATIONS.slice(1).map(() => null)]);
  tally.add(2, 9); // later than before, and earlier
  tally.add(4, 1);
  const fresh = new Tally();
  fresh.add(2, 9);
  fresh.add(4, 1);
  deepStrictEqual(
    OPERATIONS.map((operation) => tally.value(operation)),
    OPERATIONS.map((operation) => fresh.value(operation)),
  );
});
