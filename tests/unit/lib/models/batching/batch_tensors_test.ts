import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  checkRows,
  joinKey,
  joinTensors,
  rowsDeclared,
  rowsOf,
  splitTensors,
} from "../../../../../lib/models/batching/batch_tensors.ts";
import { Tensor } from "../../../../../lib/tensor/tensor.ts";

const TAKEN = [{ name: "x", datatype: "FP32", shape: [-1, 2] }, { name: "t", datatype: "BYTES", shape: [-1] }];

function request(x: number[][], t: string[], outputs = ["y"]) {
  return { inputs: [Tensor.from("x", x, "FP32"), Tensor.from("t", t, "BYTES")], outputs };
}

Deno.test("joinTensors() and splitTensors() are inverse, for numbers and text", () => {
  const requests = [request([[1, 2]], ["a"]), request([[3, 4], [5, 6]], ["b", "c"])];
  const joined = joinTensors(requests);
  deepStrictEqual(joined.inputs.map((tensor) => [tensor.shape, tensor.nested()]), [
    [[3, 2], [[1, 2], [3, 4], [5, 6]]],
    [[3], ["a", "b", "c"]],
  ]);
  const parts = splitTensors(joined.inputs, [1, 2]);
  deepStrictEqual(parts.map((tensors) => tensors.map((tensor) => tensor.nested())), [
    [[[1, 2]], ["a"]],
    [[[3, 4], [5, 6]], ["b", "c"]],
  ]);
});

Deno.test("joinKey() tells apart other outputs, other sizes, another order", () => {
  const [one, other] = [request([[1, 2]], ["a"]), request([[1, 2], [3, 4]], ["a", "b"])];
  strictEqual(joinKey(one), joinKey(other));
  const wide = request([[1, 2, 3]], ["a"]);
  const all = request([[1, 2]], ["a"], ["y", "z"]);
  const turned = { ...one, inputs: one.inputs.toReversed() };
  strictEqual(new Set([one, wide, all, turned].map(joinKey)).size, 4);
});

Deno.test("rowsOf() knows no rows where inputs share none, or an output that is wanted has none", () => {
  const inRows = new Set(["y"]);
  strictEqual(rowsOf(request([[1, 2]], ["a"]), inRows), 1);
  strictEqual(rowsOf(request([[1, 2]], ["a", "b"]), inRows), undefined);
  strictEqual(rowsOf(request([[1, 2]], ["a"], ["y", "z"]), inRows), undefined);
});

Deno.test("rowsDeclared() believes a free first size of an input's name", () => {
  const outputs = [
    ["same", [-1, 3]],
    ["plain", [-1]],
    ["other", [-1, 3]],
    ["turned", [4, -1]],
    ["single", []],
    ["unsaid", [-1, -1]],
  ] as const;
  const declared = rowsDeclared({
    inputs: TAKEN,
    outputs: outputs.map(([name, shape]) => ({ name, datatype: "FP32", shape })),
    firstNames: new Map(Object.entries({ x: "n", t: "", same: "n", other: "k", unsaid: "" })),
  });
  deepStrictEqual(Object.fromEntries(declared), {
    same: "yes",
    plain: "unknown",
    other: "unknown",
    turned: "no",
    single: "unknown",
    unsaid: "unknown",
  });
});

Deno.test("checkRows() and splitTensors() refuse outputs without a row for each", () => {
  const output = Tensor.from("most", [1, 2], "FP32");
  for (const act of [() => splitTensors([output], [1, 2]), () => checkRows([output], 3)]) {
    throws(act, { name: "UnsplitError", message: /"most" has the shape \[2\] for 3 rows/ });
  }
  checkRows([output], 2);
});
