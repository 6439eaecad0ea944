import { deepStrictEqual, throws } from "node:assert/strict";
import { decodeData, encodeData } from "../../../../lib/tensor/datatype.ts";

const at = (index: number) => `x[${index}]`;

Deno.test("encodeData() makes the values of each datatype", () => {
  deepStrictEqual(encodeData("FP32", [0.5, NaN], at), new Float32Array([0.5, NaN]));
  deepStrictEqual(encodeData("FP64", [0.1], at), new Float64Array([0.1]));
  deepStrictEqual(encodeData("INT32", [-3], at), new Int32Array([-3]));
  deepStrictEqual(encodeData("INT64", [2 ** 40], at), new BigInt64Array([2n ** 40n]));
  deepStrictEqual(encodeData("BOOL", [true, false], at), new Uint8Array([1, 0]));
  deepStrictEqual(encodeData("BYTES", ["a"], at), ["a"]);
});

Deno.test("encodeData() tells which value is wrong, and how", () => {
  for (
    const [datatype, value, text] of [
      ["FP32", "5", `x[1] as FP32: it is the text "5"`],
      ["FP32", null, "it is null"],
      ["INT64", 1.5, "it is 1.5"],
      ["INT64", 2 ** 60, "it is an integer beyond 2^53"],
      ["BOOL", 1, "it is 1"],
      ["BYTES", {}, "it is a object"],
    ] as const
  ) {
    const good = datatype === "BYTES" ? "a" : datatype === "BOOL" ? true : 1;
    throws(() => encodeData(datatype, [good, value], at), (error: Error) => error.message.includes(text));
  }
});

Deno.test("decodeData() keeps integers exact", () => {
  deepStrictEqual(decodeData(new BigInt64Array([5n, 2n ** 60n])), [5, 2n ** 60n]);
});
