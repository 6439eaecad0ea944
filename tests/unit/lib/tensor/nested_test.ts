import { deepStrictEqual, throws } from "node:assert/strict";
import { flatten, nest, placeOf } from "../../../../lib/tensor/nested.ts";

Deno.test("flatten() and nest() are each other's inverse", () => {
  for (const nested of [5, [1, 2], [[1, 2], [3, 4], [5, 6]], [[["a"]]], [[], []]]) {
    const { shape, values } = flatten("x", nested);
    deepStrictEqual(nest(values, shape), nested);
  }
  deepStrictEqual(flatten("x", [[1, 2, 3], [4, 5, 6]]).shape, [2, 3]);
});

Deno.test("flatten() tells where lists are ragged", () => {
  throws(() => flatten("inputs", [[1, 2], [3]]), {
    name: "ShapeError",
    message: /"inputs" as shape \[2,2\]: inputs\[1\] has 1/,
  });
  throws(() => flatten("inputs", [[1], 2]), /inputs\[1\] is no list/);
  throws(() => flatten("inputs", [1, [2]]), /inputs\[1\] is a list/);
});

Deno.test("flatten() refuses lists that are too deep, without exhausting the stack", () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  throws(() => flatten("x", deep), /more than 32 deep/);
});

Deno.test("placeOf() names the place of a flat index", () => {
  deepStrictEqual([placeOf("x", [2, 3], 0), placeOf("x", [2, 3], 5)], ["x[0][0]", "x[1][2]"]);
});
