import { deepStrictEqual, doesNotThrow, strictEqual, throws } from "node:assert/strict";
import {
  checkTensor,
  datatypeOf,
  datatypeOfRuntime,
  fitsShape,
  fromRuntime,
  toRuntime,
} from "../../../../../lib/models/onnx/onnx_tensor.ts";
import { Tensor } from "../../../../../lib/tensor/tensor.ts";

Deno.test("toRuntime() hands over the same typed array", () => {
  const data = new Float32Array([1, 2]);
  const given = toRuntime(new Tensor("x", { datatype: "FP32", shape: [1, 2], data }));
  deepStrictEqual([given.type, given.dims, given.location], ["float32", [1, 2], "cpu"]);
  strictEqual(given.data, data);
});

Deno.test("toRuntime() refuses what the runtime would change without a word", () => {
  const tensor = (data: (string | Uint8Array)[]) => new Tensor("t", { datatype: "BYTES", shape: [data.length], data });
  throws(
    () => toRuntime(tensor(["a", new Uint8Array([0xff])])),
    /Cannot give "t" to the model: value 1 is not valid UTF-8/,
  );
  throws(() => toRuntime(tensor(["a\0b"])), /value 0 has a NUL, at which the runtime would cut it/);
});

Deno.test("fromRuntime() takes the same typed array, of halves the bits", () => {
  const data = new BigInt64Array([1n]);
  const { datatype, data: taken } = fromRuntime("y", { type: "int64", dims: [1], data });
  strictEqual(datatype, "INT64");
  strictEqual(taken, data);
  const halves = new Float16Array([0, 1, -2]).subarray(1) as unknown as ArrayLike<number>;
  deepStrictEqual(
    fromRuntime("y", { type: "float16", dims: [2], data: halves }).data,
    new Uint16Array([0x3c00, 0xc000]),
  );
  throws(
    () => fromRuntime("y", { type: "complex64", dims: [0], data: [] }),
    /Cannot read output "y": it is of complex64/,
  );
});

Deno.test("datatypeOf() and datatypeOfRuntime() know what tensors here can be", () => {
  deepStrictEqual([1, 8, 14, 16, 17, -1, 99].map(datatypeOf), ["FP32", "BYTES", undefined, "BF16", ...Array(3)]);
  deepStrictEqual(["uint64", "uint4", undefined].map(datatypeOfRuntime), ["UINT64", undefined, undefined]);
});

Deno.test("checkTensor() tells what the model takes and what came", () => {
  const info = { name: "x", datatype: "FP32", shape: [-1, 2] };
  const tensor = (shape: number[]) =>
    new Tensor("x", {
      datatype: "FP32",
      shape,
      data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
    });
  doesNotThrow(() => checkTensor(tensor([0, 2]), { info, isAnyShape: false }));
  doesNotThrow(() => checkTensor(tensor([3]), { info, isAnyShape: true }));
  throws(() => checkTensor(tensor([2, 3]), { info, isAnyShape: false }), {
    name: "ShapeError",
    message: 'Cannot read "x" as FP32 of shape [-1,2], which input "x" of the model takes: it has shape [2,3]',
  });
  throws(() => checkTensor(Tensor.from("x", [[1, 2]], "FP64"), { info, isAnyShape: true }), {
    name: "TypeError",
    message: 'Cannot read "x" as FP32, which the model takes: it is FP64',
  });
  deepStrictEqual([fitsShape([], []), fitsShape([1], []), fitsShape([4, 2], [-1, 2])], [true, false, true]);
});
