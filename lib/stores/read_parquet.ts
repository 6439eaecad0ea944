import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { DataError } from "../errors.ts";
import { COLUMN_TYPE, type ColumnType } from "./column_type.ts";
import { FileItem } from "./file_item.ts";
import { localPath } from "./local_path.ts";
import { checkScan, type ScanOptions, scanRows } from "./scan.ts";
import { isParquetFile } from "./parquet_writer.ts";
import { quoteName, quotePath, quoteText } from "./sql_text.ts";

/** How Parquet is read. */
export interface ReadParquetOptions extends ScanOptions {
  /** Types of columns that are names of folders, `country=pt`. Default: an integer, a date, a time or text, as they look. */
  partitionTypes?: Readonly<Record<string, ColumnType>>;
}

/**
 * Reads a Parquet file, or a folder of them with all that is below it, row by row as objects, without holding more than a piece in
 * memory. Folders named `year=2024` below the path are columns. Files of one folder may differ in their columns: they are matched by name, and one
 * that a file lacks is null there. DuckDB is fetched from npm the first time.
 *
 * Values come as they are in JavaScript: times as `Date` (finer than a millisecond is cut off), 64-bit integers as numbers where they
 * are exact and else as bigints, decimals of up to 15 digits as numbers and longer ones as text, lists as arrays, structs as objects,
 * maps as `Map`, bytes as `Uint8Array`.
 *
 * @example The rows behind a time, as a run goes on where the one before ended
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { feed, readParquet, serving, writeParquet } from "levada";
 *
 * const path = await Deno.makeTempDir();
 * const fn = serving("keep");
 * fn.setTopology("flow").to("write", writeParquet<{ at: Date; n: number }>({ path }));
 * const flow = await fn.start();
 * await feed(flow, [1, 2, 3].map((n) => ({ at: new Date(n * 1_000), n })));
 * await flow.close();
 *
 * const rows = readParquet(path, { columns: ["n"], timeColumn: "at", from: new Date(1_000), to: new Date(3_000) });
 * deepStrictEqual(await Array.fromAsync(rows), [{ n: 2 }, { n: 3 }]);
 * await Deno.remove(path, { recursive: true });
 * ```
 *
 * @param path A path or a `file:` URL of a file or a folder, or several files.
 * @throws {DataError} While it is read, if a file is no Parquet or is broken, or a column is not there.
 * @throws {Deno.errors.NotFound} If there is no such file.
 */
export async function* readParquet<Row extends object = Record<string, unknown>>(
  path: string | URL | readonly (string | URL)[],
  options: ReadParquetOptions = {},
): AsyncGenerator<Row, void, undefined> {
  const paths = (Array.isArray(path) ? path : [path]).map(localPath);
  const act = `read ${paths.map((one) => `"${one}"`).join(", ") || "Parquet"}`;
  checkScan(options, act);
  if (paths.length === 0) throw new RangeError(`Cannot ${act}: the list of files is empty`);
  const types = z.record(z.string().min(1), COLUMN_TYPE).safeParse(options.partitionTypes ?? {});
  if (!types.success) throw new TypeError(`Cannot ${act}: partitionTypes ${types.error.issues[0]!.message}`);
  const found = await Promise.all(paths.map(async (one) => ({ one, files: await parquetFiles(one) })));
  const files = found.flatMap((each) => each.files);
  const isPartitioned = found.some(({ one, files }) =>
    files.some((file) => relative(one, dirname(file)).includes("="))
  );
  if (files.length === 0) throw new DataError(`Cannot ${act}: there is no .parquet file in it`);
  const partitions = Object.entries(types.data).map(([name, type]) => `${quoteName(name)}: ${quoteText(type)}`);
  const settings = [
    `[${files.map(quotePath).join(", ")}]`,
    "union_by_name = true",
    `hive_partitioning = ${isPartitioned}`,
    ...(partitions.length === 0 ? [] : [`hive_types = {${partitions.join(", ")}}`]),
  ];
  yield* scanRows<Row>(`read_parquet(${settings.join(", ")})`, act, options);
}

/** The files that a path means, in the order of their names. */
async function parquetFiles(path: string): Promise<string[]> {
  if ((await new FileItem(path).stat()).kind === "file") return [path];
  const files: string[] = [];
  for await (const name of new FileItem(path).list()) {
    if (/^[._]|\.part\/?$/.test(name)) continue; // what programs keep beside the data, and what is not whole yet
    if (name.endsWith("/")) files.push(...await parquetFiles(join(path, name.slice(0, -1))));
    else if (isParquetFile(name)) files.push(join(path, name));
  }
  return files.sort();
}
