import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import type { Datatype } from "../../../../lib/tensor/datatype.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";

Deno.test("Tensor.from() takes each datatype's values, and nested() gives them back", () => {
  const cases: [Datatype, unknown][] = [
    ["BOOL", [true, false]],
    ["UINT8", [0, 255]],
    ["UINT16", [0, 65_535]],
    ["UINT32", [0, 2 ** 32 - 1]],
    ["UINT64", [0, 2n ** 64n - 1n]],
    ["INT8", [-128, 127]],
    ["INT16", [-32_768, 32_767]],
    ["INT32", [-(2 ** 31), 2 ** 31 - 1]],
    ["INT64", [-(2n ** 63n), 2n ** 63n - 1n, 5]],
    ["FP16", [0.5, -65_504, NaN, Infinity]],
    ["BF16", [0.5, -3.3895313892515355e38, NaN, -Infinity]],
    ["FP32", [0.5, -1]],
    ["FP64", [0.1, 1e300]],
    ["BYTES", ["text", "", "ü", new Uint8Array([255])]],
  ];
  for (const [datatype, values] of cases) {
    const tensor = Tensor.from("x", values, datatype);
    deepStrictEqual([tensor.datatype, tensor.nested()], [datatype, values], datatype);
  }
});

Deno.test("Tensor.from() tells the datatype by the values", () => {
  for (
    const [nested, datatype, shape] of [
      [[[1, 2], [3, 4]], "INT64", [2, 2]],
      [[1, 2.5], "FP64", [2]],
      [[1, NaN], "FP64", [2]],
      [[2n ** 63n, 1], "UINT64", [2]],
      [[true], "BOOL", [1]],
      [[["a"], ["b"]], "BYTES", [2, 1]],
      [[], "FP64", [0]],
      [5, "INT64", []],
      [new Float32Array(2), "FP32", [2]],
      [[new Float32Array(2), new Float32Array(2), new Float32Array(2)], "FP32", [3, 2]],
      [[new Uint8Array([1])], "BYTES", [1]],
    ] as const
  ) {
    const tensor = Tensor.from("x", nested);
    deepStrictEqual([tensor.datatype, tensor.shape], [datatype, shape]);
  }
});

Deno.test("Tensor.from() takes a typed array as it is, also without a copy", () => {
  const data = new Float32Array([1, 2]);
  strictEqual(Tensor.from("x", data).data, data);
  deepStrictEqual(Tensor.from("x", data, "FP64").data, new Float64Array([1, 2]));
  deepStrictEqual(Tensor.from("x", [new Float32Array([1]), new Float32Array([2])], "INT8").data, new Int8Array([1, 2]));
});

Deno.test("Tensor.from() refuses a finite number that would become infinite", () => {
  for (
    const [datatype, most, beyond] of [
      ["FP16", 65_519, 65_520],
      ["BF16", 3.39e38, -3.4e38],
      ["FP32", 3.4028235e38, 1e300],
      ["FP64", 1.7e308, 10n ** 400n],
    ] as const
  ) {
    deepStrictEqual(Tensor.from("x", [most], datatype).shape, [1]);
    throws(() => Tensor.from("x", [0, beyond], datatype), {
      name: "TypeError",
      message: `Cannot read x[1] as ${datatype}: it is ${beyond}`,
    });
  }
});

Deno.test("Tensor.from() refuses what no datatype holds", () => {
  throws(() => Tensor.from("x", [1, "a"]), /Cannot make "x" a tensor: it has values of kind number and text/);
  throws(() => Tensor.from("x", [null]), /of kind null/);
  throws(() => Tensor.from("x", [{}]), /of kind object/);
  throws(() => Tensor.from("x", [[1], [2, 3]]), { name: "ShapeError" });
  throws(() => Tensor.from("x", [256], "UINT8"), /Cannot read x\[0\] as UINT8: it is 256/);
  throws(() => Tensor.from("x", [2n ** 63n], "INT64"), /as INT64: it is 9223372036854775808/);
  throws(() => Tensor.from("x", [2 ** 60], "INT64"), /it is an integer beyond 2\^53/);
});

Deno.test("Tensor() refuses data that does not fit shape or datatype", () => {
  const data = new Float32Array(3);
  throws(() => new Tensor("x", { datatype: "FP32", shape: [2, 2], data }), {
    name: "ShapeError",
    message: 'Cannot read "x" as shape [2,2], which needs 4 values: its data has 3',
  });
  throws(() => new Tensor("x", { datatype: "FP64", shape: [3], data }), {
    name: "TypeError",
    message: 'Cannot read "x" as FP64: its data is a Float32Array',
  });
  throws(() => new Tensor("x", { datatype: "FP99" as Datatype, shape: [3], data }), /as FP99/);
  for (const shape of [[-1], [1.5], [NaN], ["3"], [2 ** 53], "3", null]) {
    throws(() => new Tensor("x", { datatype: "FP32", shape: shape as number[], data }), { name: "ShapeError" });
  }
});

Deno.test("Tensor.toJSON() is what the protocol writes", () => {
  deepStrictEqual(
    JSON.stringify(Tensor.from("x", [[true], [false]])),
    '{"name":"x","datatype":"BOOL","shape":[2,1],"data":[true,false]}',
  );
});

Deno.test("Tensor.toJSON() writes NaN as null", () => {
  deepStrictEqual(JSON.stringify(Tensor.from("x", [NaN, 1], "FP16")).includes("[null,1]"), true);
});

Deno.test("Tensor has a copy whose data, shape and parameters are its own", () => {
  const parameters = { labels: ["a"] };
  const tensor = new Tensor("x", { datatype: "FP32", shape: [1], data: new Float32Array([1]), parameters });
  const copy = (tensor as unknown as Record<symbol, () => Tensor>)[Symbol.for("levada.copy")]!();
  deepStrictEqual(copy, tensor);
  (tensor.data as Float32Array)[0] = 9;
  (tensor.shape as number[])[0] = 9;
  parameters.labels[0] = "b";
  deepStrictEqual([copy.data, copy.shape, copy.parameters], [new Float32Array([1]), [1], { labels: ["a"] }]);
});
