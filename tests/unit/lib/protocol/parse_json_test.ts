import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { parseJson } from "../../../../lib/protocol/parse_json.ts";

function tensor(datatype: string, data: string, rest = ""): string {
  return `{"inputs":[{"name":"x","shape":[2],"datatype":"${datatype}","data":${data}${rest}}]}`;
}

function dataOf(text: string): unknown {
  return (parseJson(text) as { inputs: { data: unknown }[] }).inputs[0]!.data;
}

Deno.test("parseJson() reads integers of 64 bits exactly where a tensor has them, and leaves all else as numbers", () => {
  deepStrictEqual(dataOf(tensor("INT64", "[9223372036854775807, -9223372036854775808, 1]")), [
    9_223_372_036_854_775_807n,
    -9_223_372_036_854_775_808n,
    1,
  ]);
  deepStrictEqual(dataOf(tensor("UINT64", "[18446744073709551615]")), [18_446_744_073_709_551_615n]);
  deepStrictEqual(dataOf(tensor("FP64", "[9007199254740993]")), [9_007_199_254_740_992]);
  deepStrictEqual(parseJson("[9007199254740993]"), [9_007_199_254_740_992]);
});

Deno.test("parseJson() takes only whole integers for such, and leaves texts alone", () => {
  const numbers =
    "[0.12345678901234567, 12345678901234567.5, 12345678901234567e2, 1e-1234567890123456, 1000000000000000, -0]";
  deepStrictEqual(dataOf(tensor("INT64", numbers)), JSON.parse(numbers));
  const rest =
    ',"parameters":{"12345678901234567":"-12345678901234567","n":12345678901234567,"t":"[1234567890123456789,\\"12345678901234567"}';
  const input = (parseJson(tensor("INT64", "[1]", rest)) as { inputs: Record<string, unknown>[] }).inputs[0]!;
  deepStrictEqual(input.parameters, {
    "12345678901234567": "-12345678901234567",
    n: 12_345_678_901_234_567n,
    t: '[1234567890123456789,"12345678901234567',
  });
});

Deno.test("parseJson() makes no bigint of more digits than any datatype holds", () => {
  strictEqual(typeof (dataOf(tensor("INT64", `[${"9".repeat(100_000)}]`)) as unknown[])[0], "number");
});

Deno.test("parseJson() keeps a field __proto__ as a field, also where integers are exact", () => {
  const text = tensor("INT64", "[9007199254740993]", ',"__proto__":{"evil":1}');
  const input = (parseJson(text) as { inputs: Record<string, unknown>[] }).inputs[0]!;
  deepStrictEqual([Object.hasOwn(input, "__proto__"), input.evil], [true, undefined]);
  strictEqual(({} as Record<string, unknown>).evil, undefined);
});

Deno.test("parseJson() reads NaN and infinities in tensors, as Python writes them, and nowhere else", () => {
  deepStrictEqual(dataOf(tensor("FP32", "[NaN, Infinity, -Infinity, 1]", ',"parameters":{"NaN":"Infinity \\"NaN"}')), [
    null,
    Infinity,
    -Infinity,
    1,
  ]);
  deepStrictEqual(dataOf(tensor("INT64", "[9007199254740993, NaN]")), [9_007_199_254_740_993n, null]);
  throws(() => parseJson("[NaN]"), { name: "SyntaxError", message: /Unexpected token/ });
  throws(() => parseJson(tensor("FP32", "[NaNs]")), { name: "SyntaxError" });
  throws(() => parseJson(tensor("FP32", "[NaN,]")), { name: "SyntaxError" });
});

Deno.test("parseJson() refuses what is too deep, wherever brackets stand", () => {
  function nested(depth: number, [open, close] = ["[", "]"]): string {
    return `${open!.repeat(depth)}${depth === 0 ? "" : "1"}${close!.repeat(depth)}`;
  }
  parseJson(nested(500));
  throws(() => parseJson(nested(501)), { name: "RangeError", message: /more than 500 levels deep/ });
  throws(() => parseJson(nested(501, ['{"a":', "}"])), { name: "RangeError" });
  throws(() => parseJson(nested(5_000_000)), { name: "RangeError" });
  parseJson(JSON.stringify(["[".repeat(1_000), '"' + "[{".repeat(1_000), "\\", "\\\\" + "[".repeat(600)]));
  parseJson(`[${"[[1]],".repeat(1_000)}[]]`);
  throws(() => parseJson(`["\\\\",${nested(500)}]`), { name: "RangeError" });
});

Deno.test("parseJson() takes time by length only, whatever is broken in the text", () => {
  const hostile = [
    `NaN ${'"\\'.repeat(500_000)}`,
    `NaN "${'\\"'.repeat(500_000)}\\`,
    `[${'"[",'.repeat(250_000)}`,
    `${"[]".repeat(500_000)}`,
    `"${"\\".repeat(1_000_001)}`,
    "[".repeat(1_000_000),
    '"'.repeat(1_000_001),
  ];
  const start = performance.now();
  for (const text of hostile) throws(() => parseJson(text));
  const tookMs = performance.now() - start;
  strictEqual(tookMs < 5_000, true, `${tookMs} ms for ${hostile.length} texts of a megabyte`);
});
