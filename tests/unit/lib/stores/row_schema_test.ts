import { deepStrictEqual, throws } from "node:assert/strict";
import { RowSchema } from "../../../../lib/stores/row_schema.ts";

function taking(type: string, value: unknown): unknown {
  return new RowSchema(["x"], new Map([["x", type]])).take([value])[0];
}

Deno.test("RowSchema.take() learns columns as rows come, and a row that is refused teaches nothing", () => {
  const schema = new RowSchema(["a", "b"], new Map());
  deepStrictEqual(schema.take([1, null]), [1, null]);
  throws(() => schema.take(["x", true]), /Cannot write the row: field "a" is a text where rows before had a number/);
  deepStrictEqual(schema.shapeOf(1).kind, "nothing");
  schema.take([null, "x"]);
  deepStrictEqual([schema.shapeOf(0).kind, schema.shapeOf(1).kind], ["number", "text"]);
});

Deno.test("RowSchema.take() makes text for a type that is said, without a loss", () => {
  const cases: [string, unknown, unknown][] = [
    ["BIGINT", 5, "5"],
    ["BIGINT", 1e15, "1000000000000000"],
    ["HUGEINT", 2n ** 100n, "1267650600228229401496703205376"],
    ["UBIGINT", " 12 ", " 12 "],
    ["DECIMAL(10,2)", "1.50", "1.50"],
    ["DOUBLE", Infinity, "Infinity"],
    ["VARCHAR", 7, "7"],
    ["VARCHAR", { a: 1 }, '{"a":1}'],
    ["JSON", "text", '"text"'],
    ["BLOB", Uint8Array.of(0, 255), "\\x00\\xff"],
    ["TIMESTAMP", new Date(0), "1970-01-01T00:00:00.000+00"],
    ["BOOLEAN", true, "true"],
    ["BIGINT", undefined, null],
  ];
  for (const [type, value, text] of cases) deepStrictEqual(taking(type, value), text, type);
});

Deno.test("RowSchema.take() refuses what would be rounded or lost", () => {
  const cases: [string, unknown, RegExp][] = [
    ["BIGINT", 1.5, /field "x" is 1.5, no BIGINT/],
    ["INTEGER", "1.5", /is the text "1.5", no INTEGER/],
    ["INTEGER", NaN, /is NaN, no INTEGER/],
    ["BIGINT", { a: 1 }, /is object, no BIGINT/],
    ["TIMESTAMP", new Date(NaN), /is an invalid date, no TIMESTAMP/],
    ["JSON", NaN, /as JSON: it is NaN/],
  ];
  for (const [type, value, message] of cases) throws(() => taking(type, value), message);
});
