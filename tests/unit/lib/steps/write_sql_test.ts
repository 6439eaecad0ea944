import { deepStrictEqual, match, rejects, strictEqual, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { writeSql, type WriteSqlOptions } from "../../../../lib/steps/write_sql.ts";
import { openDatabase } from "../../../../lib/stores/database.ts";
import { readSql } from "../../../../lib/stores/read_sql.ts";
import { runGraph } from "../../../support/run_graph.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";
import { writeRows } from "../../../support/write_rows.ts";

async function run(database: string, ...statements: string[]): Promise<void> {
  await using open = await openDatabase(database, "write");
  const connection = await open.connect();
  for (const statement of statements) await connection.run(statement);
}

function ask(database: string, query: string): Promise<Record<string, unknown>[]> {
  return Array.fromAsync(readSql(query, { database }));
}

Deno.test("writeSql() and readSql() keep every value, in a table that is made", async () => {
  await using folder = await temporaryFolder();
  const database = `${folder.path}/new/t.duckdb`;
  const row = {
    whole: 5,
    big: 9007199254740993n,
    x: 0.1 + 0.2,
    yes: true,
    text: "é'\n",
    at: new Date("2024-02-29T12:34:56.789Z"),
    bytes: Uint8Array.of(0, 255),
    list: [1, null],
    struct: { a: 1, b: ["x"] },
    map: new Map([["k", 1]]),
    money: "1234567890123456.78",
    huge: 2n ** 100n,
    id: "0f8fad5b-d9cb-469f-a165-70867728950e",
  };
  const types = { money: "DECIMAL(18,2)", huge: "HUGEINT", id: "UUID" } as const;
  const nulls = Object.fromEntries(Object.keys(row).map((name) => [name, null]));
  deepStrictEqual(await writeRows(writeSql({ database, table: "t", types }), [nulls, row]), {
    written: [nulls, row],
    errors: [],
  });
  await writeRows(writeSql({ database, table: "t" }), [row]); // by the types of the table
  deepStrictEqual(await ask(database, "FROM t"), [nulls, row, row]);
});

Deno.test("writeSql() casts to the types of a table that is there, and refuses what would be rounded", async () => {
  await using folder = await temporaryFolder();
  const database = `${folder.path}/t.duckdb`;
  await run(database, `CREATE TABLE t (n INTEGER, day DATE, "at" TIMESTAMP, e ENUM('a', 'b'))`);
  const day = new Date("2024-02-29T00:00:00Z");
  const rows = [{ n: 1, day, at: day, e: "a" }, { n: 1.5 }, { n: 2 ** 40 }, { e: "c" }, { z: 1 }, { n: 2 }];
  const { written, errors } = await writeRows(writeSql({ database, table: "T" }), rows);
  deepStrictEqual([written, errors.length], [[rows[0], rows[5]], 4]);
  const told = errors.join("\n");
  match(told, /field "n" is 1.5, no INTEGER/);
  match(told, /its field "z" is no column of n, day, at, e/);
  match(told, /Conversion Error: Could not convert string '1099511627776' to INT32/);
  match(told, /Conversion Error: Could not convert string 'c' to/);
  deepStrictEqual(await ask(database, "FROM t"), [
    { n: 1, day, at: day, e: "a" },
    { n: 2, day: null, at: null, e: null },
  ]);
});

Deno.test("writeSql() fails the row that breaks a constraint, and writes the others", async () => {
  await using folder = await temporaryFolder();
  const database = `${folder.path}/t.duckdb`;
  await run(database, "CREATE TABLE t (n INTEGER PRIMARY KEY, s VARCHAR NOT NULL)");
  const rows = [{ n: 1, s: "a" }, { n: 2, s: null }, { n: 1, s: "again" }, { n: 3, s: "c" }];
  const { written, errors } = await writeRows(writeSql({ database, table: "t" }), rows);
  deepStrictEqual([written, errors.length], [[rows[0], rows[3]], 2]);
  for (const error of errors) match(error, /Step "write" failed: Cannot write to table "t" of ".*": Constraint Error/);
  deepStrictEqual(await ask(database, "FROM t ORDER BY n"), [{ n: 1, s: "a" }, { n: 3, s: "c" }]);
});

Deno.test("writeSql() replaces the row of the same key: of a piece, of a piece before, and of a table that is there", async () => {
  await using folder = await temporaryFolder();
  const database = `${folder.path}/t.duckdb`;
  const write = (rows: object[]) =>
    writeRows(writeSql({ database, table: "t", mode: "upsert", key: ["a", "b"], maxEvents: 2 }), rows);
  await write([{ a: 1, b: "x", n: 1 }, { a: 1, b: "x", n: 2 }, { a: 1, b: "y", n: 3 }, { a: 2, b: "x", n: 4 }]);
  const { errors } = await write([{ a: 1, b: "y", n: 5 }, { a: null, b: "x", n: 6 }]);
  match(errors[0]!, /Cannot write the row: its key "a" is null/);
  deepStrictEqual(await ask(database, "FROM t ORDER BY a, b"), [
    { a: 1, b: "x", n: 2 },
    { a: 1, b: "y", n: 5 },
    { a: 2, b: "x", n: 4 },
  ]);
  await rejects(run(database, "INSERT INTO t VALUES (1, 'x', 0)"), /Duplicate key/); // the key is the table's primary key
  await run(database, "CREATE TABLE plain AS SELECT 1 AS id, 'old' AS s");
  await writeRows(writeSql({ database, table: "plain", mode: "upsert", key: ["id"] }), [{ id: 1, s: "new" }, {
    id: 2,
    s: "b",
  }]);
  deepStrictEqual(await ask(database, "FROM plain ORDER BY id"), [{ id: 1, s: "new" }, { id: 2, s: "b" }]);
});

Deno.test("writeSql() replaces a table with the first rows, and adds the later ones", async () => {
  await using folder = await temporaryFolder();
  const database = `${folder.path}/t.duckdb`;
  await run(database, "CREATE TABLE t AS SELECT 'old' AS s");
  const writer = () => writeSql({ database, table: "t", mode: "replace", maxEvents: 1 });
  await writeRows(writer(), []);
  deepStrictEqual(await ask(database, "FROM t"), [{ s: "old" }]);
  await writeRows(writer(), [{ n: 1, later: null }, { n: 2, later: "x" }]);
  deepStrictEqual(await ask(database, "FROM t"), [{ n: 1, later: null }, { n: 2, later: "x" }]);
});

Deno.test("writeSql() takes names as they are", async () => {
  await using folder = await temporaryFolder();
  const database = `${folder.path}/it's.duckdb`;
  const table = `t"; DROP TABLE t; --`;
  const row = { [`c"; DROP TABLE t; --`]: 1, "select": "'; DROP TABLE t; --" };
  await run(database, "CREATE TABLE t (n INTEGER)");
  await writeRows(writeSql({ database, table }), [row]);
  await writeRows(writeSql({ database, table }), [row]);
  deepStrictEqual(await ask(database, `FROM "${table.replace('"', '""')}"`), [row, row]);
  deepStrictEqual(await ask(database, "FROM t"), []);
});

Deno.test("writeSql() shares a database with other writers and readers of the program", async () => {
  await using folder = await temporaryFolder();
  const database = `${folder.path}/t.duckdb`;
  const rows = Array.from({ length: 100 }, (_, n) => ({ n, s: `${n}` }));
  const writer = () => writeSql({ database, table: "t", mode: "upsert", key: ["n"], maxEvents: 7 });
  const told = await Promise.all([writeRows(writer(), rows), writeRows(writer(), rows), writeRows(writer(), rows)]);
  deepStrictEqual(told.flatMap(({ errors }) => errors), []);
  deepStrictEqual(await ask(database, "SELECT count(*) AS n, count(DISTINCT n) AS d FROM t"), [{ n: 100, d: 100 }]);
  const graph = new Graph<object>("g");
  graph.to("write", writeSql<object>({ database, table: "t", maxEvents: 1 })).respond();
  await using flow = await runGraph(graph);
  await flow.ask({ n: 1000, s: "new" });
  deepStrictEqual(await ask(database, "SELECT s FROM t WHERE n = 1000"), [{ s: "new" }]);
});

Deno.test("writeSql() does not open what it cannot write", async () => {
  await using folder = await temporaryFolder();
  const database = `${folder.path}/t.duckdb`;
  await run(database, "CREATE TABLE t (n INTEGER)", "CREATE VIEW v AS SELECT 1 AS n");
  const open = (options: WriteSqlOptions) => writeRows(writeSql(options), [{ n: 1 }]);
  await rejects(open({ database, table: "t", columns: ["m"] }), /table "t": it has no column "m"/);
  await rejects(open({ database, table: "t", mode: "upsert", key: ["k"] }), /table "t": it has no column "k"/);
  await rejects(open({ database: folder.path, table: "t" }), /it is a directory/);
  await Deno.writeTextFile(`${folder.path}/no.duckdb`, "x".repeat(10_000));
  await rejects(open({ database: `${folder.path}/no.duckdb`, table: "t" }), /not a valid DuckDB/);
  const { errors } = await open({ database, table: "v" });
  strictEqual(errors.length, 1);
  await run(database, "DROP TABLE t"); // nobody holds the database any more
});

Deno.test("writeSql() refuses options, when the graph is compiled", () => {
  const wrong: [object, RegExp][] = [
    [{ table: "" }, /option table/],
    [{ table: "a\0" }, /option table: has a zero byte/],
    [{ mode: "insert" }, /option mode/],
    [{ mode: "upsert" }, /option key: is missing, and upsert finds/],
    [{ key: ["a"], columns: ["b"] }, /option key: "a" is no column/],
    [{ database: "" }, /option database/],
  ];
  for (const [options, message] of wrong) {
    const graph = new Graph<unknown>("g");
    graph.to("write", writeSql({ database: "x", table: "t", ...options }));
    throws(() => compile(sourceOf(graph)), message);
  }
});
