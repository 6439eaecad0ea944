import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { rowsOf, tensorsOf } from "../../../../lib/protocol/tensor_rows.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";

function told(tensors: readonly Tensor[]): unknown {
  return tensors.map(({ name, datatype, shape, data }) => [name, datatype, shape, [...data]]);
}

Deno.test("rowsOf() gives no rows of no tensors, and one of a tensor without dimensions", () => {
  deepStrictEqual(rowsOf([]), []);
  deepStrictEqual(rowsOf([Tensor.from("x", 5)]), [5]);
  deepStrictEqual(rowsOf([Tensor.from("x", 5), Tensor.from("y", ["a"])]), [{ x: 5, y: "a" }]);
});

Deno.test("rowsOf() keeps a tensor's name that is __proto__", () => {
  const [row] = rowsOf([Tensor.from("__proto__", [1]), Tensor.from("y", [2])]) as [object];
  deepStrictEqual(Object.keys(row), ["__proto__", "y"]);
});

Deno.test("tensorsOf() makes one tensor of rows, and one a key of objects", () => {
  deepStrictEqual(told(tensorsOf([1, 2])), [["output", "INT64", [2], [1n, 2n]]]);
  deepStrictEqual(told(tensorsOf(500)), [["output", "INT64", [1], [500n]]]);
  deepStrictEqual(told(tensorsOf([{ a: 1.5, b: "x" }, { b: "y", a: 2 }])), [
    ["a", "FP64", [2], [1.5, 2]],
    ["b", "BYTES", [2], ["x", "y"]],
  ]);
  deepStrictEqual(told(tensorsOf({ a: [1.5], b: [[true]] })), [["a", "FP64", [1], [1.5]], ["b", "BOOL", [1, 1], [1]]]);
  deepStrictEqual(told(tensorsOf(new Float32Array([1]))), [["output", "FP32", [1], [1]]]);
  deepStrictEqual(told(tensorsOf({ a: new Float32Array([1]) })), [["a", "FP32", [1], [1]]]);
});

Deno.test("tensorsOf() takes tensors as they are", () => {
  const tensor = Tensor.from("x", [1]);
  strictEqual(tensorsOf(tensor)[0], tensor);
  strictEqual(tensorsOf([tensor])[0], tensor);
  deepStrictEqual(told(tensorsOf({ y: tensor })), [["y", "INT64", [1], [1n]]]);
});

Deno.test("tensorsOf() goes by what is declared: names, datatypes, a dimension of one", () => {
  const y = { name: "y", datatype: "FP32", shape: [-1, 1] };
  deepStrictEqual(told(tensorsOf([1, 2], [y])), [["y", "FP32", [2, 1], [1, 2]]]);
  deepStrictEqual(told(tensorsOf([[1, 2], [3, 4]], [{ ...y, shape: ["batch"] }])), [["y", "FP32", [4], [1, 2, 3, 4]]]);
  deepStrictEqual(told(tensorsOf([1, 2], [{ ...y, shape: [-1, -1] }])), [["y", "FP32", [2], [1, 2]]]);
  deepStrictEqual(told(tensorsOf([{ y: 1, z: 2 }], [{ ...y, shape: [] }])), [["y", "FP32", [1], [1]], ["z", "INT64", [
    1,
  ], [2n]]]);
});

Deno.test("tensorsOf() refuses rows that differ, and outputs that are missing", () => {
  throws(() => tensorsOf([{ a: 1 }, 2]), /row 1 is no object, and others are/);
  throws(() => tensorsOf([1, { a: 1 }]), /row 0 is no object/);
  throws(() => tensorsOf([{ a: 1 }, { b: 1 }]), /row 1 has b, and row 0 a/);
  throws(() => tensorsOf([{ a: 1 }, {}]), /row 1 has no keys/);
  const declared = [{ name: "a", datatype: "FP32", shape: [-1] }, { name: "b", datatype: "FP32", shape: [-1] }];
  throws(() => tensorsOf([{ a: 1 }], declared), /Cannot answer with a, b: b is not among a/);
  throws(() => tensorsOf([1], declared), /Cannot answer with a, b: rows without names were given/);
  throws(() => tensorsOf(["x"], [declared[0]!]), /Cannot read a\[0\] as FP32: it is the text "x"/);
});
