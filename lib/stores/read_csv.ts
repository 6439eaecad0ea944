import { z } from "zod";
import { DataError } from "../errors.ts";
import { COLUMN_TYPE, type ColumnType } from "./column_type.ts";
import { DELIMITER, matchCsvRecord } from "./csv_record.ts";
import { openDatabase } from "./database.ts";
import { dataError } from "./data_error.ts";
import { FileItem } from "./file_item.ts";
import { localPath } from "./local_path.ts";
import { checkScan, type ScanOptions, scanRows } from "./scan.ts";
import { quoteName, quotePath, quoteText } from "./sql_text.ts";
import { wideColumns } from "./wide_columns.ts";

/** How a CSV file is read. */
export interface ReadCsvOptions extends ScanOptions {
  /** The first record names the columns (default); without, they are `column0`, `column1` and so on, or `names`. */
  header?: boolean;
  /** Names for the columns, in the file's order; for a file without a header. */
  names?: readonly string[];
  /** Stands between two fields, one character. Default `,`. */
  delimiter?: string;
  /** Types of columns by name. Default: what the first 20,480 rows look like; a later row that differs is an error. */
  types?: Readonly<Record<string, ColumnType>>;
  /** Looks at the fields for types (default); without, all are text. */
  inferTypes?: boolean;
  /** How dates are written, as `strptime` says it: `%d/%m/%Y`. Default: ISO 8601, `2024-01-31`; other forms stay text. */
  dateFormat?: string;
  /** How times are written, as `strptime` says it: `%d/%m/%Y %H:%M`. Default: ISO 8601; one without a zone is UTC. */
  timestampFormat?: string;
  /** Texts that stand for null where they are not quoted. Default: the empty text; a quoted empty text is an empty text. */
  nulls?: readonly string[];
  /** Default `utf-8`. */
  encoding?: "utf-8" | "utf-16" | "latin-1";
  /** The longest line that is read, in bytes, 1,000 or more; each core may hold some of them. Default 16 MiB. */
  maxLineBytes?: number;
}

const OPTIONS = z.object({
  delimiter: DELIMITER.default(","),
  types: z.record(z.string().min(1), COLUMN_TYPE).default({}),
  names: z.array(z.string().min(1)).min(1).readonly().optional(),
  nulls: z.array(z.string()).min(1).default([""]),
  encoding: z.enum(["utf-8", "utf-16", "latin-1"]).default("utf-8"),
  maxLineBytes: z.int().min(1_000).max(2 ** 30).default(16 * 2 ** 20),
});

const SAMPLE_ROWS = 20_480; // what DuckDB looks at
const CANDIDATES = ["NULL", "BOOLEAN", "BIGINT", "DOUBLE", "TIME", "DATE", "TIMESTAMP", "TIMESTAMPTZ", "VARCHAR"];

/**
 * Reads a CSV file (RFC 4180), row by row as objects, without holding more than a piece of it in memory. Types are what the fields
 * look like; where that is not what they are (a code `00123` stays text, but `yes` and `no` become booleans), say `types`. A column
 * of integers keeps every digit: beyond 64 bits it holds `bigint`, beyond 38 digits text. DuckDB is fetched from npm the first time.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { readCsv } from "levada";
 *
 * const path = await Deno.makeTempFile({ suffix: ".csv" });
 * await Deno.writeTextFile(path, "city,degrees,at\nFunchal,21.5,2024-05-01T12:00:00Z\n");
 * deepStrictEqual(await Array.fromAsync(readCsv(path)), [
 *   { city: "Funchal", degrees: 21.5, at: new Date("2024-05-01T12:00:00Z") },
 * ]);
 * await Deno.remove(path);
 * ```
 *
 * @param path A path, a `file:` URL, or several; columns of several files are matched by name, and one that a file lacks is null there.
 * @throws {DataError} While it is read, if a record has another number of fields than the first, if quotes do not end, if a field is
 * not of its column's type, or if the file is not in the encoding; the message tells the line.
 * @throws {Deno.errors.NotFound} If there is no such file.
 */
export async function* readCsv<Row extends object = Record<string, unknown>>(
  path: string | URL | readonly (string | URL)[],
  options: ReadCsvOptions = {},
): AsyncGenerator<Row, void, undefined> {
  const paths = (Array.isArray(path) ? path : [path]).map(localPath);
  const act = `read ${paths.map((one) => `"${one}"`).join(", ") || "CSV"}`;
  const checked = OPTIONS.safeParse(options);
  if (!checked.success) {
    throw new TypeError(
      `Cannot ${act}: ${checked.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ")}`,
    );
  }
  checkScan(options, act);
  if (paths.length === 0) throw new RangeError(`Cannot ${act}: the list of files is empty`);
  for (const one of paths) {
    const { kind } = await new FileItem(one).stat();
    if (kind === "directory") throw new DataError(`Cannot read "${one}": it is a directory, not a CSV file`);
  }
  const form = { ...options, ...checked.data };
  try {
    yield* scanRows<Row>(await exactTable(paths, form, act), act, options);
  } catch (error) {
    throw await moreOf(error, paths, form);
  }
}

type Form = Omit<ReadCsvOptions, keyof z.infer<typeof OPTIONS>> & z.infer<typeof OPTIONS>;

/** A table with the types that fields look like, but that no integer is rounded. */
async function exactTable(paths: readonly string[], form: Form, act: string): Promise<string> {
  const table = tableFunction(paths, form);
  if (form.inferTypes === false) return table;
  const text = tableFunction(paths, { ...form, inferTypes: false, types: {} });
  const wide = await wideColumns(act, { table, text, rows: SAMPLE_ROWS });
  const unsaid = Object.entries(wide).filter(([name]) => !Object.hasOwn(form.types, name));
  return unsaid.length === 0
    ? table
    : tableFunction(paths, { ...form, types: { ...form.types, ...Object.fromEntries(unsaid) } });
}

/** A dialect that is given as a whole: a guessed one would read a broken file as another one. */
function tableFunction(paths: readonly string[], form: Form, columns?: readonly string[]): string {
  const list = (items: readonly string[], quote: (text: string) => string) => `[${items.map(quote).join(", ")}]`;
  const record = (entries: readonly [string, string][]) =>
    `{${entries.map(([name, type]) => `${quoteName(name)}: ${quoteText(type)}`).join(", ")}}`;
  const settings = [
    `delim = ${quoteText(form.delimiter)}, quote = '"', escape = '"', comment = '', skip = 0`,
    `header = ${form.header ?? true}, strict_mode = true, null_padding = false, union_by_name = ${paths.length > 1}`,
    `nullstr = ${list(form.nulls, quoteText)}, allow_quoted_nulls = false, encoding = ${quoteText(form.encoding)}`,
    `max_line_size = ${form.maxLineBytes}, buffer_size = ${2 * form.maxLineBytes}`,
  ];
  if (columns !== undefined) {
    settings.push(`auto_detect = false, columns = ${record(columns.map((name) => [name, "VARCHAR"]))}`);
    return `read_csv(${list(paths, quotePath)}, ${settings.join(", ")})`;
  }
  const types = Object.entries(form.types);
  settings.push(
    `auto_detect = true, all_varchar = ${form.inferTypes === false && types.length === 0}`,
    `auto_type_candidates = ${list(form.inferTypes === false ? ["VARCHAR"] : CANDIDATES, quoteText)}`,
    `dateformat = ${quoteText(form.dateFormat ?? "%Y-%m-%d")}`,
    ...(form.timestampFormat === undefined ? [] : [`timestampformat = ${quoteText(form.timestampFormat)}`]),
    ...(form.names === undefined ? [] : [`names = ${list(form.names, quoteText)}`]),
    ...(types.length === 0 ? [] : [`types = ${record(types)}`]),
  );
  return `read_csv(${list(paths, quotePath)}, ${settings.join(", ")})`;
}

/** DuckDB does not say where a file is broken when it looks at its beginning: a second look, with the columns given, does. */
async function moreOf(error: unknown, paths: readonly string[], form: Form): Promise<unknown> {
  if (!(error instanceof DataError) || !error.message.includes("sniffing")) return error;
  for (const path of paths) {
    const head = new TextDecoder(form.encoding).decode(
      await new FileItem(path).get({ from: 0, to: form.maxLineBytes }),
    );
    const act = `read "${path}"`;
    const fields = matchCsvRecord(head, form);
    if (fields === undefined) return new DataError(`Cannot ${act}: the quotes of its first record do not end`);
    await using database = await openDatabase();
    const connection = await database.connect();
    const table = tableFunction([path], form, fields.map((_, index) => `column${index}`));
    try {
      await connection.run(`SELECT count(*) FROM (SELECT * FROM ${table})`);
    } catch (told) {
      return dataError(act, told);
    }
  }
  return error;
}
