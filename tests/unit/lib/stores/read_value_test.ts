import { deepStrictEqual, rejects } from "node:assert/strict";
import { readSql, type ReadSqlOptions } from "../../../../lib/stores/read_sql.ts";

async function value(sql: string, options?: ReadSqlOptions): Promise<unknown> {
  return (await Array.fromAsync(readSql(`SELECT ${sql} AS x`, options)))[0]!.x;
}

Deno.test("readerOf() gives each type its value", async () => {
  const cases: [string, unknown][] = [
    ["true", true],
    ["5::TINYINT", 5],
    ["4000000000::UINTEGER", 4000000000],
    ["1.5::FLOAT", 1.5],
    ["'nan'::DOUBLE", NaN],
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["(-9223372036854775808)::BIGINT", -9223372036854775808n],
    ["18446744073709551615::UBIGINT", 18446744073709551615n],
    ["170141183460469231731687303715884105727::HUGEINT", 2n ** 127n - 1n],
    ["12345678901.2345::DECIMAL(15,4)", 12345678901.2345],
    ["12345678901234567.89::DECIMAL(19,2)", "12345678901234567.89"],
    ["'é\u{1f600}'", "é\u{1f600}"],
    ["'a'::ENUM('a', 'b')", "a"],
    ["DATE '2024-02-29'", new Date("2024-02-29T00:00:00Z")],
    ["TIMESTAMP '1969-12-31 23:59:59.9995'", new Date(-1)],
    ["TIMESTAMPTZ '2024-01-01 00:00:00+02'", new Date("2023-12-31T22:00:00Z")],
    ["TIMESTAMP_S '2024-01-01 00:00:01'", new Date("2024-01-01T00:00:01Z")],
    ["TIMESTAMP_MS '2024-01-01 00:00:00.001'", new Date("2024-01-01T00:00:00.001Z")],
    ["TIMESTAMP_NS '2024-01-01 00:00:00.001999999'", new Date("2024-01-01T00:00:00.001Z")],
    ["TIME '10:20:30'", "10:20:30"],
    ["INTERVAL 2 DAY", "2 days"],
    ["'\\x00\\xFF'::BLOB", Uint8Array.of(0, 255)],
    ["'0f8fad5b-d9cb-469f-a165-70867728950e'::UUID", "0f8fad5b-d9cb-469f-a165-70867728950e"],
    ["[1, NULL, 3]", [1, null, 3]],
    ["[1, 2]::INTEGER[2]", [1, 2]],
    ["{a: 1, b: {c: DATE '1970-01-02', d: NULL}}", { a: 1, b: { c: new Date(86_400_000), d: null } }],
    ["MAP {1: 'x', 2: NULL}", new Map([[1, "x"], [2, null]] as [number, string | null][])],
    ["union_value(k := [9007199254740993])", [9007199254740993n]],
    ["NULL", null],
  ];
  for (const [sql, expected] of cases) deepStrictEqual(await value(sql), expected, sql);
});

Deno.test("readerOf() keeps wide integers bigints where that is asked for", async () => {
  const options = { integers: "bigint" } as const;
  deepStrictEqual(await value("[5::BIGINT]", options), [5n]);
  deepStrictEqual(await value("5::INTEGER", options), 5);
});

Deno.test("readerOf() says which column has a time that no Date can hold", async () => {
  await rejects(value("TIMESTAMP 'infinity'"), {
    name: "DataError",
    message: `Cannot read rows by SQL: column "x" has a time that no Date can hold, near the year 294247`,
  });
});
