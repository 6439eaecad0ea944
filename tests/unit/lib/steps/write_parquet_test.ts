import { deepStrictEqual, match, rejects, strictEqual, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { writeParquet, type WriteParquetOptions } from "../../../../lib/steps/write_parquet.ts";
import { readParquet } from "../../../../lib/stores/read_parquet.ts";
import { readSql } from "../../../../lib/stores/read_sql.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";
import { type TemporaryFolder, temporaryFolder } from "../../../support/temporary_folder.ts";
import { writeRows } from "../../../support/write_rows.ts";

/** Every file below a folder, without the random names. */
async function filesBelow(folder: TemporaryFolder | string): Promise<string[]> {
  const path = typeof folder === "string" ? folder : folder.path;
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory) found.push(...(await filesBelow(`${path}/${name}`)).map((below) => `${name}/${below}`));
    else found.push(name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "ID"));
  }
  return found.sort();
}

const ROW = {
  whole: 5,
  big: 9007199254740993n,
  x: 0.1 + 0.2,
  nan: NaN,
  yes: true,
  text: "é\u{1f600}\0\n",
  empty: "",
  at: new Date("2024-02-29T12:34:56.789Z"),
  old: new Date(-1),
  bytes: Uint8Array.of(0, 255),
  list: [1, null, 2.5],
  lists: [["a"], []],
  struct: { a: 1, deep: { b: ["x"], c: null }, at: new Date(0) },
  structs: [{ a: 1, b: null }, { a: null, b: "x" }],
  map: new Map<string, unknown>([["k", [1]], ["l", null]]),
};
const NULLS = Object.fromEntries(Object.keys(ROW).map((name) => [name, null]));

Deno.test("writeParquet() and readParquet() keep every value, in a file and in a folder", async () => {
  await using folder = await temporaryFolder();
  for (const path of [`${folder.path}/new/rows.parquet`, `${folder.path}/rows`]) {
    const rows = [NULLS, ROW, { whole: 6 }];
    const { written, errors } = await writeRows(writeParquet({ path }), rows);
    deepStrictEqual([written, errors], [rows, []]);
    const read = await Array.fromAsync(readParquet(path));
    const struct = { ...ROW.struct, deep: { ...ROW.struct.deep, c: null } };
    deepStrictEqual(read, [NULLS, { ...ROW, struct }, { ...NULLS, whole: 6 }]);
  }
  deepStrictEqual(await filesBelow(folder), ["new/rows.parquet", "rows/ID.parquet"]);
});

Deno.test("writeParquet() gives columns the types that are said", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.parquet`;
  const types = {
    n: "BIGINT",
    money: "DECIMAL(18,2)",
    huge: "HUGEINT",
    day: "DATE",
    at: "TIMESTAMP",
    time: "TIME",
    id: "UUID",
    any: "JSON",
    f: "FLOAT",
    b: "BLOB",
    ok: "BOOLEAN",
    text: "VARCHAR",
  } as const;
  const row = {
    n: 5,
    money: "1234567890123456.78",
    huge: 2n ** 100n,
    day: new Date("2024-02-29T00:00:00Z"),
    at: new Date("2024-02-29T12:34:56.789Z"),
    time: "10:20:30",
    id: "0f8fad5b-d9cb-469f-a165-70867728950e",
    any: { a: [1, "x"] },
    f: 0.5,
    b: Uint8Array.of(0, 92, 255),
    ok: false,
    text: 7,
  };
  deepStrictEqual((await writeRows(writeParquet({ path, types }), [row, { n: 2 ** 53 }])).errors, []);
  const [first, second] = await Array.fromAsync(readParquet(path));
  // Parquet has no integers of 128 bits: DuckDB writes them as floating numbers
  deepStrictEqual(first, { ...row, huge: 2 ** 100, any: '{"a":[1,"x"]}', text: "7" });
  deepStrictEqual(second!.n, 2n ** 53n);
  const described = await Array.fromAsync(readSql<{ t: string }>(`SELECT typeof(n) AS t FROM '${path}' LIMIT 1`));
  deepStrictEqual(described, [{ t: "BIGINT" }]);
});

Deno.test("writeParquet() writes a file a piece, by count and by time; what goes on is written", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const clock = new ManualClock();
  const graph = new Graph<{ n: number }>("g");
  graph.to("write", writeParquet<{ n: number }>({ path, maxEvents: 2, flushAfterMs: 50 })).to(
    "look",
    async (row) => [row.n, (await Array.fromAsync(readParquet<{ n: number }>(path))).map(({ n }) => n).includes(row.n)],
  ).respond();
  const flow = await runGraph(graph, { clock });
  deepStrictEqual(await Promise.all([flow.ask({ n: 1 }), flow.ask({ n: 2 })]), [[1, true], [2, true]]);
  const third = flow.ask({ n: 3 });
  await clock.advance(50);
  deepStrictEqual(await third, [3, true]);
  await flow.close();
  deepStrictEqual(await filesBelow(folder), ["ID.parquet", "ID.parquet"]);
});

Deno.test("writeParquet() makes folders by fields, by parts of the event and of its time", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/data`;
  const graph = new Graph<object>("g");
  graph.to(
    "write",
    writeParquet<object>({ path, partitionBy: ["land=country", "$key", "$year", "$month", "$day", "$hour"] }),
  );
  const flow = await runGraph(graph);
  const time = new Date("2024-02-03T04:05:06Z");
  await flow.emit({ country: "../..", n: 1 }, { time, key: "a/b" });
  await flow.emit({ country: null, n: 2 }, { time, key: "" });
  await flow.emit({ country: 7, n: 3 }, { time });
  await flow.close();
  const when = "year=2024/month=02/day=03/hour=04/ID.parquet";
  deepStrictEqual(await filesBelow(folder), [
    `data/land=..%2F../key=a%2Fb/${when}`,
    `data/land=7/key=__HIVE_DEFAULT_PARTITION__/${when}`,
    `data/land=__HIVE_DEFAULT_PARTITION__/key=/${when}`,
  ]);
  const columns = ["n", "land", "key", "year"];
  const rows = await Array.fromAsync(readParquet<{ n: number }>(path, { columns }));
  deepStrictEqual(rows.sort((one, other) => one.n - other.n), [
    { n: 1, land: "../..", key: "a/b", year: 2024 },
    { n: 2, land: null, key: "", year: 2024 },
    { n: 3, land: "7", key: null, year: 2024 },
  ]);
});

Deno.test("writeParquet() takes the time of partitions from a field", async () => {
  await using folder = await temporaryFolder();
  const options = { path: folder.path, partitionBy: ["$year"], timeField: "at", columns: ["n"] };
  const rows = [{ n: 1, at: "2023-12-31T23:59:59Z" }, { n: 2, at: 0 }, { n: 3, at: new Date("2024-01-01") }, { n: 4 }];
  const { written, errors } = await writeRows(writeParquet(options), rows);
  deepStrictEqual([written, errors.length], [rows.slice(0, 3), 1]);
  match(errors[0]!, /Cannot write the row by field "at": its time is undefined/);
  deepStrictEqual(await filesBelow(folder), ["year=1970/ID.parquet", "year=2023/ID.parquet", "year=2024/ID.parquet"]);
});

Deno.test("writeParquet() fails the event whose value does not fit, and no other", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const rows = [{ a: 1, d: "2024-01-01" }, { a: "x", d: null }, { a: 2, d: "soon" }, { a: 3, d: null }, {
    a: 4,
    d: null,
  }];
  const { written, errors } = await writeRows(writeParquet({ path, maxEvents: 4, types: { d: "DATE" } }), rows);
  deepStrictEqual(written, [rows[0], rows[3], rows[4]]);
  strictEqual(
    errors[0],
    `error: Step "write" failed: Cannot write the row: field "a" is a text where rows before had a number`,
  );
  match(errors[1]!, /Cannot write Parquet to ".*": Conversion Error: invalid date field format: "soon"/);
  deepStrictEqual((await Array.fromAsync(readParquet(path))).map(({ a }) => a).sort(), [1, 3, 4]);
});

Deno.test("writeParquet() keeps the types of a column from piece to piece", async () => {
  await using folder = await temporaryFolder();
  const graph = new Graph<object>("g");
  graph.to("write", writeParquet<object>({ path: folder.path, maxEvents: 1 })).respond();
  await using flow = await runGraph(graph);
  await flow.ask({ a: 1 });
  await rejects(flow.ask({ a: 2n ** 60n }), /field "a" is a big integer where rows before had a number/);
  await flow.ask({ a: 1.5 });
});

Deno.test("writeParquet() learns in later pieces what was null before", async () => {
  await using folder = await temporaryFolder();
  const rows = [{ n: 1, s: null }, { n: 2, s: { a: [null] } }, { n: 3, s: { a: ["x"], b: 1 } }, { n: null, s: null }];
  const { errors } = await writeRows(writeParquet({ path: folder.path, maxEvents: 1 }), rows);
  deepStrictEqual(errors, []);
  const read = await Array.fromAsync(readParquet<{ n: number | null; s: unknown }>(folder.path));
  deepStrictEqual(read.sort((one, other) => (one.n ?? 9) - (other.n ?? 9)), [
    { n: 1, s: null },
    { n: 2, s: { a: [null], b: null } },
    { n: 3, s: { a: ["x"], b: 1 } },
    { n: null, s: null },
  ]);
});

Deno.test("writeParquet() replaces one file as a whole, when the flow closes", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.parquet`;
  await writeRows(writeParquet({ path }), [{ old: 1 }]);
  const graph = new Graph<object>("g");
  graph.to("write", writeParquet({ path })).respond();
  const flow = await runGraph(graph);
  const asked = [flow.ask({ a: 1 }), flow.ask({ a: 2 })];
  deepStrictEqual(await Array.fromAsync(readParquet(path)), [{ old: 1 }]);
  await flow.close();
  deepStrictEqual(await Promise.all(asked), [{ a: 1 }, { a: 2 }]);
  deepStrictEqual(await Array.fromAsync(readParquet(path)), [{ a: 1 }, { a: 2 }]);
  await writeRows(writeParquet({ path }), []);
  deepStrictEqual(await Array.fromAsync(readParquet(path)), [{ a: 1 }, { a: 2 }]); // no rows, nothing to write
  deepStrictEqual(await filesBelow(folder), ["rows.parquet"]);
});

Deno.test("writeParquet() leaves nothing behind when it cannot write", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  await Deno.mkdir(`${folder.path}/rows.parquet`);
  await Deno.writeTextFile(`${folder.path}/rows.parquet/x`, "");
  for (const path of [`${folder.path}/file/data`, `${folder.path}/rows.parquet`, `${folder.path}/file`]) {
    const { written, errors } = await writeRows(writeParquet({ path }), [{ a: 1 }, { a: 2 }]);
    deepStrictEqual([written, errors.length], [[], 2], path);
    match(errors[0]!, /^error: Step "write" failed: Cannot write Parquet to "/);
  }
  deepStrictEqual(await filesBelow(folder), ["file", "rows.parquet/x"]);
});

Deno.test("writeParquet() shares a folder with another writer", async () => {
  await using folder = await temporaryFolder();
  const rows = Array.from({ length: 100 }, (_, n) => ({ n, part: n % 3 }));
  const writer = () => writeParquet({ path: folder.path, maxEvents: 10, partitionBy: ["part"] });
  await Promise.all([writeRows(writer(), rows), writeRows(writer(), rows)]);
  strictEqual((await Array.fromAsync(readParquet(folder.path))).length, 2 * rows.length);
});

Deno.test("writeParquet() takes names of columns as they are", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/it's.parquet`;
  const row = { [`"; DROP TABLE x; --`]: 1, "select": 2, "a b": 3, "__proto_": 4 };
  await writeRows(writeParquet({ path }), [row]);
  deepStrictEqual(await Array.fromAsync(readParquet(path)), [row]);
  const { errors } = await writeRows(writeParquet({ path }), [{ a: 1, A: 2 }, { "": 1 }]);
  match(errors[0]!, /has the names "a" and "A", which are one for a table/);
  match(errors[1]!, /has the name "", which no column can have/);
});

Deno.test("writeParquet() refuses options, when the graph is compiled", async () => {
  const wrong: [Partial<WriteParquetOptions>, RegExp][] = [
    [{ path: "x.parquet", partitionBy: ["a"] }, /option partitionBy: has no meaning for one file/],
    [{ path: "x.parquet", maxEvents: 5 }, /option maxEvents: has no meaning/],
    [{ columns: ["a", "b"], partitionBy: ["b"] }, /option partitionBy: "b" is a column as well/],
    [{ partitionBy: ["$minute"] }, /asks for \$minute/],
    [{ types: { a: "INT; DROP" as "DATE" } }, /option types.a: is no type of a column/],
  ];
  for (const [options, message] of wrong) {
    const graph = new Graph<unknown>("g");
    graph.to("write", writeParquet({ path: "x", ...options }));
    throws(() => compile(sourceOf(graph)), message);
  }
  await using folder = await temporaryFolder();
  const { errors } = await writeRows(writeParquet({ path: folder.path, partitionBy: ["a"] }), [{ a: 1 }]);
  match(errors[0]!, /it has no columns besides the partitions/);
  await rejects(Array.fromAsync(readParquet(folder.path)), /no .parquet file/);
});
