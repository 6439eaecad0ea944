import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { fitsTensor, isTensorSpec } from "../../../../lib/tensor/tensor_spec.ts";

function fits(from: string, to: string): boolean {
  return fitsTensor({ name: "a", datatype: from, shape: [-1] }, { name: "b", datatype: to, shape: [2] });
}

Deno.test("fitsTensor() takes a datatype for one that holds all its values, and for no other", () => {
  for (const [from, to] of [["INT32", "FP64"], ["UINT8", "BF16"], ["FP16", "FP32"], ["UINT32", "INT64"]] as const) {
    strictEqual(fits(from, to), true, `${from} to ${to}`);
    strictEqual(fits(to, from), false, `${to} to ${from}`);
  }
  for (const [from, to] of [["INT64", "FP64"], ["INT32", "FP32"], ["BOOL", "INT8"], ["BYTES", "FP32"]] as const) {
    strictEqual(fits(from, to), false, `${from} to ${to}`);
  }
});

Deno.test("fitsTensor() compares the sizes that both know", () => {
  const of = (...shape: (number | string)[]) => ({ name: "x", datatype: "FP32", shape });
  deepStrictEqual([
    fitsTensor(of(-1, 3), of("n", 3)),
    fitsTensor(of(2, 3), of(2, 4)),
    fitsTensor(of(2, 3), of(2, 3, 1)),
    fitsTensor(of(), of(2, 3)),
  ], [true, false, false, true]);
});

Deno.test("isTensorSpec() tells the form of a declaration", () => {
  deepStrictEqual(
    [{ name: "x", datatype: "FP32", shape: [-1, "n"] }, { name: "x", datatype: "FP32" }, null, "x"].map(isTensorSpec),
    [
      true,
      false,
      false,
      false,
    ],
  );
});
