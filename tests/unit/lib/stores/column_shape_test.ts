import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { checkNames, joinShapes, settled, type Shape, shapeOf, typeOf } from "../../../../lib/stores/column_shape.ts";
import { loadDuckdb } from "../../../../lib/stores/duckdb_runtime.ts";

async function typeText(shape: Shape): Promise<string> {
  return `${typeOf(shape, await loadDuckdb())}`;
}

Deno.test("shapeOf() gives a column that holds the value", async () => {
  const cases: [unknown, string][] = [
    [true, "BOOLEAN"],
    [5, "DOUBLE"],
    [5n, "BIGINT"],
    ["text", "VARCHAR"],
    [new Date(), "TIMESTAMP WITH TIME ZONE"],
    [new Uint8Array(1), "BLOB"],
    [[1, null], "DOUBLE[]"],
    [new Float32Array(2), "DOUBLE[]"],
    [{ a: 1, b: { c: ["x"] } }, `STRUCT("a" DOUBLE, "b" STRUCT("c" VARCHAR[]))`],
    [new Map([["k", 1]]), "MAP(VARCHAR, DOUBLE)"],
    [[{ a: 1 }, { b: "x" }], `STRUCT("a" DOUBLE, "b" VARCHAR)[]`],
    [[1, 2n ** 60n], "BIGINT[]"],
    [null, "INTEGER"],
  ];
  for (const [value, type] of cases) strictEqual(await typeText(shapeOf(value)), type);
});

Deno.test("shapeOf() refuses what no column can hold", () => {
  const ring: unknown[] = [];
  ring.push(ring);
  const cases: [unknown, RegExp][] = [
    [() => 1, /is a function/],
    [Symbol("s"), /is a symbol/],
    [2n ** 63n, /integer beyond 64 bits/],
    ["\ud800", /half a character/],
    [new Date(NaN), /invalid date/],
    [{}, /object without fields/],
    [new Set([1]), /is a Set/],
    [{ a: 1, A: 2 }, /the names "a" and "A"/],
    [[1, "x"], /is a text where rows before had a number/],
    [ring, /more than 100 levels/],
  ];
  for (const [value, message] of cases) throws(() => shapeOf(value), message);
});

Deno.test("joinShapes() holds both, or says what the later one is", () => {
  const join = (...values: unknown[]) => values.map((value) => shapeOf(value)).reduce(joinShapes);
  deepStrictEqual(join(null, 5, null).kind, "number");
  deepStrictEqual(join(5, 2n ** 60n).kind, "integer");
  throws(() => join(5.5, 2n ** 60n), /is a big integer where rows before had a number/);
  throws(() => join({ a: 1 }, { a: "x" }), /is a text where rows before had a number/);
  throws(() => join({ a: 1 }, { A: 1 }), /the names "a" and "A"/);
  deepStrictEqual(join([], [1]), shapeOf([1]));
});

Deno.test("settled() keeps a column of numbers one: what is written is not made anew", () => {
  throws(() => joinShapes(settled(shapeOf(5)), shapeOf(2n ** 60n)), /is a big integer/);
  throws(
    () => joinShapes(settled(shapeOf({ a: [new Map([[1, 5]])] })), shapeOf({ a: [new Map([[1, 5n]])] })),
    /is a big integer/,
  );
});

Deno.test("checkNames() refuses names that a table takes for one", () => {
  checkNames(["a", "b", "__proto__"]);
  for (const names of [[""], ["a\0"], ["x", "X"]]) throws(() => checkNames(names), /has the name/);
});
