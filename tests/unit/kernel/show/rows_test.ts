import { strictEqual } from "node:assert/strict";
import { isTable } from "../../../../kernel/show/rows.ts";

Deno.test("isTable() takes lists of flat plain objects only", () => {
  strictEqual(isTable([{ a: 1, b: "x" }, { a: null, c: new Date(0) }]), true);
  for (
    const value of [
      [],
      [1, 2],
      [{}],
      [{ a: { b: 1 } }],
      [{ a: [1] }],
      [{ a: () => 1 }],
      [{ a: 1 }, 5],
      [
        new (class Point {
          x = 1;
        })(),
      ],
      [Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`c${i}`, i]))],
      { a: 1 },
    ]
  ) strictEqual(isTable(value), false, Deno.inspect(value));
});

Deno.test("isTable() runs no getters", () => {
  const row = Object.defineProperty({}, "a", {
    enumerable: true,
    get: () => {
      throw new Error("ran");
    },
  });
  strictEqual(isTable([row]), false);
});
