import { deepStrictEqual, throws } from "node:assert/strict";
import { inferValues } from "../../../../lib/tensor/infer_values.ts";

Deno.test("inferValues() leaves the datatype open where another is asked", () => {
  deepStrictEqual(inferValues("x", [1, "a"], "BYTES").values, [1, "a"]);
  deepStrictEqual(inferValues("x", [new Uint8Array([7])], "UINT8"), {
    datatype: "UINT8",
    shape: [1, 1],
    values: [7],
    data: undefined,
  });
});

Deno.test("inferValues() refuses typed rows of different length", () => {
  throws(() => inferValues("x", [new Float32Array(1), new Float32Array(2)]), { name: "ShapeError" });
});
