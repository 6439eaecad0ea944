import { DataError } from "../errors.ts";
import { dataError } from "./data_error.ts";
import { openDatabase } from "./database.ts";
import { type DuckBindings, type DuckConnection, loadDuckdb } from "./duckdb_runtime.ts";
import { queryRows } from "./query_rows.ts";
import type { WideIntegers } from "./read_value.ts";

/** What a query may hold a place for: by place (`?`, `$1`) or by name (`$name`). */
export type SqlParameters = readonly SqlValue[] | Readonly<Record<string, SqlValue>>;

/** A value that is bound to a query. */
export type SqlValue = string | number | bigint | boolean | Date | Uint8Array | null;

/** What a query is asked of. */
export interface ReadSqlOptions {
  /** A DuckDB file. Default: a database in memory, which can read files by `read_csv('…')` and `read_parquet('…')`. */
  database?: string | URL;
  /** What is bound to the marks of the query: a value in here is never read as SQL. Default: nothing. */
  parameters?: SqlParameters;
  /** See `ReadCsvOptions`. */
  integers?: WideIntegers;
}

/**
 * Asks a database and gives the rows as they come, without holding more than some thousands in memory. DuckDB is fetched from npm
 * the first time.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { readSql } from "levada";
 *
 * const rows = readSql("SELECT range AS n FROM range(10) WHERE n > $above", { parameters: { above: 7 } });
 * deepStrictEqual(await Array.fromAsync(rows), [{ n: 8 }, { n: 9 }]);
 * ```
 *
 * @param query One statement in DuckDB's SQL.
 * @throws {DataError} When the first row is asked for, if the database cannot be opened or the query is wrong.
 */
export async function* readSql<Row extends object = Record<string, unknown>>(
  query: string,
  options: ReadSqlOptions = {},
): AsyncGenerator<Row, void, undefined> {
  const act = "read rows by SQL";
  await using database = await openDatabase(options.database);
  const connection = await database.connect();
  await checkQuery(connection, query, act);
  const values = options.parameters === undefined ? undefined : await bindings(options.parameters, act);
  yield* queryRows<Row>(connection, query, { act, values, integers: options.integers });
}

async function checkQuery(connection: DuckConnection, query: string, act: string): Promise<void> {
  let count;
  try {
    ({ count } = await connection.extractStatements(query));
  } catch (error) {
    if (!(error instanceof Error && error.message === NOTHING_THERE)) throw dataError(act, error);
    throw new DataError(`Cannot ${act}: the query is empty`, { cause: error });
  }
  if (count !== 1) throw new DataError(`Cannot ${act}: the query has ${count} statements, not one`);
}

const NOTHING_THERE = "Error in native callback"; // all that the package says of a query of nothing but spaces and comments

async function bindings(parameters: SqlParameters, act: string): Promise<DuckBindings> {
  const { DuckDBTimestampTZValue, blobValue } = await loadDuckdb();
  const bind = (value: unknown, name: string | number): unknown => {
    if (value instanceof Date && !Number.isNaN(value.getTime())) {
      return new DuckDBTimestampTZValue(BigInt(value.getTime()) * 1_000n);
    }
    if (value instanceof Uint8Array) return blobValue(value);
    if (value === null || ["string", "number", "bigint", "boolean"].includes(typeof value)) return value;
    throw new TypeError(`Cannot ${act}: parameter ${name} is ${value instanceof Date ? "no time" : typeof value}`);
  };
  if (Array.isArray(parameters)) return parameters.map((value, index) => bind(value, index + 1));
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, bind(value, name)]));
}
