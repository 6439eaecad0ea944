import { z } from "zod";
import { DataError } from "../errors.ts";
import type { StepDefinition } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { ColumnType } from "../stores/column_type.ts";
import { isRowFault } from "../stores/data_error.ts";
import { localPath } from "../stores/local_path.ts";
import { TableWriter } from "../stores/table_writer.ts";
import { parseColumn } from "./rows/row_columns.ts";
import { type RowSink, RowWriter } from "./rows/row_writer.ts";
import { TableRows } from "./rows/table_rows.ts";
import { columnList, FLUSH, type FlushOptions, PATH, TYPES } from "./rows/writer_options.ts";

/** Which table is written, and what is in it. */
export interface WriteSqlOptions extends FlushOptions {
  /** A DuckDB file, as a path or a `file:` URL; it is made where there is none. */
  database: string | URL;
  /** The table's name, any text; it is made where there is none. */
  table: string;
  /**
   * `append` adds rows (default), `replace` has the first rows take the place of a table that is there, `upsert` replaces the row of the same
   * `key` where there is one.
   */
  mode?: "append" | "replace" | "upsert";
  /** The columns that make a row's key, for `upsert`; a table that is made gets them as its primary key. */
  key?: readonly string[];
  /** Columns in the notation of `writeCsv`. Default: those of the table, else the fields of the first row; a row with another field fails. */
  columns?: readonly string[];
  /** Types by column of a table that is made. Default: what the values are, see `WriteParquetOptions`. */
  types?: Readonly<Record<string, ColumnType>>;
}

const NAME = z.string().min(1).refine((name) => !name.includes("\0"), "has a zero byte");

const OPTIONS = z.strictObject({
  database: PATH,
  table: NAME,
  mode: z.enum(["append", "replace", "upsert"]).optional(),
  key: z.array(NAME).min(1).optional(),
  columns: columnList(false).optional(),
  types: TYPES,
  ...FLUSH,
}).superRefine(({ mode, key = [], columns }, context) => {
  if (mode === "upsert" && key.length === 0) {
    context.addIssue({
      code: "custom",
      path: ["key"],
      message: "is missing, and upsert finds the row to replace by it",
    });
  }
  const names = columns?.map((column) => parseColumn(column).name);
  const missing = names === undefined ? undefined : key.find((name) => !names.includes(name));
  if (missing !== undefined) context.addIssue({ code: "custom", path: ["key"], message: `"${missing}" is no column` });
});

/** What `writeSql` does with events. */
export const WRITE_SQL: StepDefinition = {
  kind: "writeSql",
  shape: "cylinder",
  options: OPTIONS,
  code: {},
  holds: true,
  async open(spec, scope) {
    const options = OPTIONS.parse(spec.options);
    const { table, mode = "append", key = [], columns, maxEvents = 128, flushAfterMs = 1_000 } = options;
    const writer = await TableWriter.open({ database: localPath(options.database), table, mode, key });
    const known = writer.columns;
    const names = columns?.map((column) => parseColumn(column).name) ?? [];
    const missing = known === undefined ? undefined : [...names, ...key].find((name) => !known.has(name));
    if (missing !== undefined) {
      await writer.close();
      throw new DataError(`Cannot write to table "${table}": it has no column "${missing}"`);
    }
    const types = known === undefined
      ? Object.entries(options.types ?? {})
      : [...known].filter(([, type]) => isPlain(type));
    const rows = new TableRows(
      {
        columns,
        known: known === undefined ? undefined : [...known.keys()],
        partitions: [],
        timeField: undefined,
        types: new Map(types),
      },
      scope,
    );
    const sink: RowSink<unknown[]> = {
      rowOf(event) {
        const row = rows.rowOf(event);
        const empty = mode === "upsert"
          ? key.find((name) => (row[rows.schema.columns.indexOf(name)] ?? null) === null)
          : undefined;
        if (empty !== undefined) throw new TypeError(`Cannot write the row: its key "${empty}" is null`);
        return row;
      },
      write(piece) {
        rows.schema.settle();
        return writer.write(rows.schema, piece);
      },
      isRowFault,
      close: () => writer.close(),
    };
    return new RowWriter(sink, { maxEvents, flushAfterMs }, scope);
  },
};

/** Whether values go into a column of that type as text; lists, structs and maps go as they are. */
function isPlain(type: string): boolean {
  return !/[[\]]|^(STRUCT|MAP|UNION)\(/.test(type);
}

/**
 * Writes events as rows of a table in a DuckDB file, then lets them go on: when one goes on, its row is committed. Each piece is a
 * transaction; where a row breaks a constraint or does not fit a column, it fails and the others are written. DuckDB is fetched
 * from npm the first time.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { feed, readSql, serving, writeSql } from "levada";
 *
 * const folder = await Deno.makeTempDir();
 * const database = `${folder}/shop.duckdb`;
 * const fn = serving("keep");
 * fn.setTopology("flow").to("write", writeSql({ database, table: "stock", mode: "upsert", key: ["item"] }));
 * const flow = await fn.start();
 * await feed(flow, [{ item: "tea", left: 9 }, { item: "salt", left: 2 }, { item: "tea", left: 8 }]);
 * await flow.close();
 *
 * const rows = readSql("SELECT * FROM stock WHERE item = $item", { database, parameters: { item: "tea" } });
 * deepStrictEqual(await Array.fromAsync(rows), [{ item: "tea", left: 8 }]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function writeSql<In>(options: WriteSqlOptions): ReadyStep<In, In> {
  return new ReadyStep(WRITE_SQL, { ...options, database: String(options.database) });
}
