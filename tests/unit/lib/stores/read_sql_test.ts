import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { openDatabase } from "../../../../lib/stores/database.ts";
import { readSql, type ReadSqlOptions } from "../../../../lib/stores/read_sql.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

function rows(query: string, options?: ReadSqlOptions): Promise<Record<string, unknown>[]> {
  return Array.fromAsync(readSql(query, options));
}

async function value(sql: string, options?: ReadSqlOptions): Promise<unknown> {
  return (await rows(`SELECT ${sql} AS x`, options))[0]!.x;
}

Deno.test("readSql() binds values by place and by name, and reads none of them as SQL", async () => {
  const hostile = "'; DROP TABLE t; --";
  strictEqual(await value("$1", { parameters: [hostile] }), hostile);
  deepStrictEqual(
    await rows("SELECT $a AS a, $b AS b, $c AS c, $d AS d, $e AS e", {
      parameters: { a: new Date(5), b: Uint8Array.of(1, 0), c: 9007199254740993n, d: null, e: true },
    }),
    [{ a: new Date(5), b: Uint8Array.of(1, 0), c: 9007199254740993n, d: null, e: true }],
  );
  await rejects(rows("SELECT $1", { parameters: [{} as never] }), /parameter 1 is object/);
  await rejects(rows("SELECT $x", { parameters: { x: new Date(NaN) } }), /parameter x is no time/);
  await rejects(rows("SELECT $1, $2", { parameters: [1] }), { name: "DataError" });
});

Deno.test("readSql() takes one statement, and says what is wrong with it", async () => {
  await rejects(rows("SELECT 1; DROP TABLE t"), {
    message: "Cannot read rows by SQL: the query has 2 statements, not one",
  });
  for (const empty of ["", " ", "-- note"]) await rejects(rows(empty), /Cannot read rows by SQL: the query is empty/);
  await rejects(rows("SELEC 1"), {
    name: "DataError",
    message: /Cannot read rows by SQL: .*syntax error at or near "SELEC"$/,
  });
});

Deno.test("readSql() reads a database file, also while this program writes to it", async () => {
  await using folder = await temporaryFolder();
  const database = `${folder.path}/t.duckdb`;
  const writer = await openDatabase(database, "write");
  await (await writer.connect()).run("CREATE TABLE t AS SELECT 1 AS n");
  deepStrictEqual(await rows("FROM t", { database }), [{ n: 1 }]);
  await writer.close();
  deepStrictEqual(await rows("FROM t", { database: new URL(`file://${database}`) }), [{ n: 1 }]);
  await rejects(rows("DROP TABLE t", { database }), /read-only/);
});

Deno.test("readSql() stops the query when the reader stops", async () => {
  let count = 0;
  for await (const { n } of readSql<{ n: number }>("SELECT range AS n FROM range(10_000_000_000)")) {
    strictEqual(n, count);
    count += 1;
    if (count === 5_000) break;
  }
  strictEqual(count, 5_000);
});
