import { z } from "zod";
import type { StepDefinition } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { ColumnType } from "../stores/column_type.ts";
import { isRowFault } from "../stores/data_error.ts";
import { localPath } from "../stores/local_path.ts";
import { isParquetFile, ParquetWriter } from "../stores/parquet_writer.ts";
import { parseColumn } from "./rows/row_columns.ts";
import { type RowSink, RowWriter } from "./rows/row_writer.ts";
import { TableRows } from "./rows/table_rows.ts";
import { columnList, FLUSH, type FlushOptions, PATH, TYPES } from "./rows/writer_options.ts";

/** Where Parquet is written, and what is in it. */
export interface WriteParquetOptions extends FlushOptions {
  /**
   * A folder, where each piece becomes a file of its own; or a file, whose name ends with `.parquet` or `.pq`, which is written when the flow
   * closes and replaces what was there. A path or a `file:` URL; folders that are missing are made.
   */
  path: string | URL;
  /**
   * Columns in their order: `field`, `name=field` for another name, `$key`, `$time` or `$id` for parts of the event. Fields that are not
   * among them are left out. Default: the fields of the first row; then a row with another field fails.
   */
  columns?: readonly string[];
  /**
   * Folders by value, outermost first, as Spark and others read them (`country=pt`): fields and parts of the event in the notation of
   * columns, and `$year`, `$month`, `$day`, `$hour` of its time in UTC. Default: one folder.
   */
  partitionBy?: readonly string[];
  /** The field whose time `$year` and so on go by: a `Date`, ISO text, or milliseconds since 1970. Default: the event's own time. */
  timeField?: string;
  /**
   * Types by column. Default: what the values are: numbers are DOUBLE, bigints BIGINT, dates TIMESTAMPTZ, texts VARCHAR, bytes BLOB, lists,
   * objects (structs) and maps by what they hold.
   */
  types?: Readonly<Record<string, ColumnType>>;
}

const OPTIONS = z.strictObject({
  path: PATH,
  columns: columnList(false).optional(),
  partitionBy: columnList(true).optional(),
  timeField: z.string().min(1).optional(),
  types: TYPES,
  ...FLUSH,
}).superRefine(({ path, columns = [], partitionBy = [], maxEvents, flushAfterMs }, context) => {
  const names = new Set(columns.map((column) => parseColumn(column).name));
  const both = partitionBy.map((column) => parseColumn(column).name).find((name) => names.has(name));
  if (both !== undefined) {
    context.addIssue({ code: "custom", path: ["partitionBy"], message: `"${both}" is a column as well` });
  }
  if (!isParquetFile(path)) return;
  for (const [name, value] of Object.entries({ partitionBy: partitionBy[0], maxEvents, flushAfterMs })) {
    if (value === undefined) continue;
    context.addIssue({
      code: "custom",
      path: [name],
      message: "has no meaning for one file; give a folder as the path",
    });
  }
});

/** What `writeParquet` does with events. */
export const WRITE_PARQUET: StepDefinition = {
  kind: "writeParquet",
  shape: "cylinder",
  options: OPTIONS,
  code: {},
  holds: true,
  async open(spec, scope) {
    const { columns, partitionBy = [], timeField, types = {}, ...options } = OPTIONS.parse(spec.options);
    const path = localPath(options.path);
    const { maxEvents = 10_000, flushAfterMs = 10_000 } = options;
    const rows = new TableRows(
      { columns, known: undefined, partitions: partitionBy, timeField, types: new Map(Object.entries(types)) },
      scope,
    );
    const partitions = partitionBy.map((column) => parseColumn(column).name);
    const writer = await ParquetWriter.open({ path, partitions });
    const sink: RowSink<unknown[]> = {
      rowOf: (event) => rows.rowOf(event),
      write(piece) {
        rows.schema.settle();
        return writer.write(rows.schema, piece);
      },
      isRowFault,
      close: () => writer.close(),
    };
    const isOneFile = isParquetFile(path);
    return new RowWriter(
      sink,
      isOneFile ? { maxEvents: Infinity, flushAfterMs: undefined } : { maxEvents, flushAfterMs },
      scope,
    );
  },
};

/**
 * Writes events as Parquet, then lets them go on: when one goes on, its row is in a file that is whole. Into a folder it writes a new
 * file for each piece, so whoever reads it sees all rows of a piece or none, and several writers do not meet. Into one file it
 * writes when the flow closes, and holds everything until then. DuckDB is fetched from npm the first time.
 *
 * A value that does not fit its column (a text where rows before had a number) fails its event, not the others.
 *
 * @example Folders by country and hour
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { readParquet, serving, writeParquet } from "levada";
 *
 * const path = await Deno.makeTempDir();
 * const fn = serving("keep");
 * fn.setTopology("flow").to(
 *   "write",
 *   writeParquet<{ country: string; paid: number }>({ path, partitionBy: ["country", "$year"] }),
 * );
 *
 * const flow = await fn.start();
 * await flow.emit({ country: "pt", paid: 3 }, { time: new Date("2024-05-01T12:00:00Z") });
 * await flow.close();
 *
 * deepStrictEqual(await Array.fromAsync(readParquet(path)), [{ paid: 3, country: "pt", year: 2024 }]);
 * await Deno.remove(path, { recursive: true });
 * ```
 */
export function writeParquet<In>(options: WriteParquetOptions): ReadyStep<In, In> {
  return new ReadyStep(WRITE_PARQUET, { ...options, path: String(options.path) });
}
