import { strictEqual, throws } from "node:assert/strict";
import { countOf } from "../../../../lib/tensor/shape.ts";

Deno.test("countOf() multiplies sizes", () => {
  for (const [shape, count] of [[[], 1], [[3], 3], [[2, 3, 4], 24], [[0], 0], [[2, 0, 1e9], 0]] as const) {
    strictEqual(countOf(shape, "x"), count);
  }
});

Deno.test("countOf() refuses what is no shape, and shapes that lie about memory", () => {
  throws(() => countOf("3", "x"), /"x": its shape is no list/);
  throws(() => countOf(undefined, "x"), /"x": its shape is no list/);
  throws(() => countOf([1, -1], "x"), /the size -1/);
  throws(() => countOf([1, 0.5], "x"), /the size 0.5/);
  throws(() => countOf(["a".repeat(1_000)], "x"), /the size "a{39}, and/);
  throws(() => countOf([[1]], "x"), /the size object/);
  throws(() => countOf([2 ** 30, 2 ** 30], "x"), /more values than can be counted/);
  throws(() => countOf(new Array(33).fill(1), "x"), /33 dimensions/);
  throws(() => countOf([1e9, 0], "x"), /it is empty and holds 1000000000 lists/);
});
