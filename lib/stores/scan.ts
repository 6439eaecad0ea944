import { DataError } from "../errors.ts";
import { dataError } from "./data_error.ts";
import { openDatabase } from "./database.ts";
import { type DuckConnection, loadDuckdb } from "./duckdb_runtime.ts";
import { queryRows } from "./query_rows.ts";
import type { WideIntegers } from "./read_value.ts";
import { quoteName, quoteText } from "./sql_text.ts";

/** Which rows and columns of a file are read. */
export interface ScanOptions {
  /** The columns to read, in this order. Default: all. */
  columns?: readonly string[];
  /** The column of times that `from` and `to` go by. */
  timeColumn?: string;
  /** Only rows later than this: what was the `to` of the run before is not read again. Default: from the first. */
  from?: Date;
  /** Only rows up to and with this time. Default: to the last. */
  to?: Date;
  /**
   * What integers of 64 and more bits become: a `number` where it is exact (up to 2^53) and else a `bigint`, so that none is changed
   * (default), or always a `bigint`.
   */
  integers?: WideIntegers;
}

/** Checks what can be checked before anything is opened. */
export function checkScan(options: ScanOptions, act: string): void {
  const { columns, timeColumn, from, to } = options;
  if (columns?.length === 0) throw new RangeError(`Cannot ${act}: columns is an empty list`);
  for (const [name, date] of Object.entries({ from, to })) {
    if (date === undefined) continue;
    if (!(date instanceof Date) || Number.isNaN(date.getTime())) {
      throw new RangeError(`Cannot ${act}: ${name} is ${String(date)}, not a Date`);
    }
    if (timeColumn === undefined) throw new TypeError(`Cannot ${act}: ${name} needs a timeColumn`);
  }
  if (from !== undefined && to !== undefined && from > to) {
    throw new RangeError(`Cannot ${act}: from (${from.toISOString()}) is later than to (${to.toISOString()})`);
  }
}

/** Reads what a table function of DuckDB finds: `read_csv('…')`. */
export async function* scanRows<Row>(table: string, act: string, options: ScanOptions): AsyncGenerator<Row> {
  await using database = await openDatabase();
  const connection = await database.connect();
  const columns = options.columns?.map(quoteName).join(", ") ?? "*";
  const filter = await filterOf(connection, table, { act, options });
  const { integers } = options;
  yield* queryRows<Row>(connection, `SELECT ${columns} FROM ${table}${filter}`, { act, integers });
}

async function filterOf(
  connection: DuckConnection,
  table: string,
  { act, options }: { readonly act: string; readonly options: ScanOptions },
): Promise<string> {
  const { timeColumn, from, to } = options;
  if (timeColumn === undefined || (from === undefined && to === undefined)) return "";
  const column = quoteName(timeColumn);
  const { DuckDBTypeId: id } = await loadDuckdb();
  let type;
  try {
    type = (await connection.stream(`SELECT ${column} FROM ${table} LIMIT 0`)).columnTypes()[0]!;
  } catch (error) {
    throw dataError(act, error);
  }
  const isZoned = type.typeId === id.TIMESTAMP_TZ;
  const times = [id.DATE, id.TIMESTAMP, id.TIMESTAMP_S, id.TIMESTAMP_MS, id.TIMESTAMP_NS, id.TIMESTAMP_TZ];
  if (!times.includes(type.typeId)) {
    throw new DataError(`Cannot ${act}: timeColumn "${timeColumn}" holds ${type}, not times`);
  }
  const literal = (date: Date) => `${isZoned ? "TIMESTAMPTZ" : "TIMESTAMP"} ${quoteText(sqlTime(date))}`;
  const parts = [
    ...(from === undefined ? [] : [`${column} > ${literal(from)}`]),
    ...(to === undefined ? [] : [`${column} <= ${literal(to)}`]),
  ];
  return ` WHERE ${parts.join(" AND ")}`;
}

/** A time as SQL writes it, in UTC. */
function sqlTime(date: Date): string {
  return date.toISOString().replace("T", " ").replace("Z", "+00");
}
