import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { openDatabase } from "../../../../lib/stores/database.ts";
import { readParquet, type ReadParquetOptions } from "../../../../lib/stores/read_parquet.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

/** Writes what queries give as files of Parquet. */
async function write(files: Readonly<Record<string, string>>): Promise<void> {
  await using database = await openDatabase();
  const connection = await database.connect();
  for (const [path, query] of Object.entries(files)) {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`);
  }
}

function read(path: string | string[], options?: ReadParquetOptions): Promise<Record<string, unknown>[]> {
  return Array.fromAsync(readParquet(path, options));
}

Deno.test("readParquet() reads a file with its types", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a[1].parquet`;
  await write({ [path]: "SELECT 5::BIGINT AS n, 1.25::DECIMAL(10,2) AS d, [{k: 'x'}] AS l, NULL::INTEGER AS no" });
  deepStrictEqual(await read(path), [{ n: 5, d: 1.25, l: [{ k: "x" }], no: null }]);
  deepStrictEqual(await read(path, { columns: ["d"], integers: "bigint" }), [{ d: 1.25 }]);
  deepStrictEqual(await read([path, path], { columns: ["n"], integers: "bigint" }), [{ n: 5n }, { n: 5n }]);
});

Deno.test("readParquet() reads a folder: all files below it, folders as columns, columns by name", async () => {
  await using folder = await temporaryFolder();
  const data = `${folder.path}/outer=1/data`;
  await write({
    [`${data}/year=2023/code=007/b.parquet`]: "SELECT 1 AS n",
    [`${data}/year=2024/code=x%2Fy/a.pq`]: "SELECT 2 AS n, 'new' AS more",
    [`${data}/_temporary/c.parquet`]: "SELECT 9 AS n",
    [`${data}/year=2024.part/c.parquet`]: "SELECT 9 AS n",
  });
  await Deno.writeTextFile(`${data}/.crc.parquet`, "not one");
  await Deno.writeTextFile(`${data}/README`, "not one");
  const columns = ["n", "more", "year", "code"];
  deepStrictEqual(await read(data, { columns }), [
    { n: 1, more: null, year: 2023, code: "007" },
    { n: 2, more: "new", year: 2024, code: "x/y" },
  ]);
  deepStrictEqual((await read(data, { columns: ["year"], partitionTypes: { year: "VARCHAR" } }))[0], { year: "2023" });
  deepStrictEqual(await read(`${data}/year=2023/code=007/b.parquet`), [{ n: 1 }]);
});

Deno.test("readParquet() takes rows later than from, up to and with to, of any kind of time", async () => {
  await using folder = await temporaryFolder();
  for (const type of ["TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE"]) {
    const path = `${folder.path}/${type}.parquet`;
    await write({ [path]: `SELECT n, ('2024-01-0' || n)::${type} AS at FROM range(1, 5) r(n)` });
    const range = { timeColumn: "at", from: new Date("2024-01-01"), to: new Date("2024-01-03"), columns: ["n"] };
    deepStrictEqual(await read(path, range), [{ n: 2 }, { n: 3 }], type);
  }
});

Deno.test("readParquet() says what is in the way", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.parquet`;
  await rejects(read(path), { name: "NotFound" });
  await rejects(read(folder.path), { name: "DataError", message: /there is no .parquet file in it/ });
  await rejects(read([]), /the list of files is empty/);
  await Deno.writeTextFile(path, "");
  await rejects(read(path), { name: "DataError", message: /too small to be a Parquet file$/ });
  await Deno.writeTextFile(path, "x".repeat(1_000));
  await rejects(read(path), { name: "DataError", message: /No magic bytes/ });
  await write({ [path]: "SELECT range AS n FROM range(100000)" });
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(path, bytes.fill(7, 100, 40_000)); // its end is whole, its pages are not
  await rejects(read(path), { name: "DataError" });
  await write({ [path]: "SELECT 1 AS n" });
  await rejects(read(path, { columns: ["m"] }), { name: "DataError", message: /Referenced column "m" not found/ });
  await rejects(read(path, { partitionTypes: { n: "x" as "DATE" } }), /partitionTypes is no type/);
});

Deno.test("readParquet() gives a million rows in order, and stops when the reader stops", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/big.parquet`;
  await write({ [path]: "SELECT range AS n, 'row number ' || range AS text FROM range(1_000_000)" });
  let next = 0;
  for await (const { n } of readParquet<{ n: number }>(path)) {
    if (n !== next) break;
    next += 1;
  }
  strictEqual(next, 1_000_000);
  for await (const { n } of readParquet<{ n: number }>(path)) {
    if (n === 10) break;
  }
});
