import { DataError } from "../errors.ts";
import type { ColumnType } from "./column_type.ts";
import { dataError } from "./data_error.ts";
import { openDatabase } from "./database.ts";
import { loadDuckdb } from "./duckdb_runtime.ts";
import { queryRows } from "./query_rows.ts";
import { quoteName } from "./sql_text.ts";

/** The same file read in two ways, as table functions of DuckDB. */
export interface WideSource {
  /** With the types that fields look like. */
  readonly table: string;
  /** With every field as text. */
  readonly text: string;
  /** How many rows are looked at. */
  readonly rows: number;
}

const HUGE_DIGITS = 38; // what HUGEINT holds whatever the digits are

/**
 * Finds columns whose fields are integers beyond 64 bits: DuckDB takes them for floating numbers and rounds them, which makes one id
 * of two. Gives the types that keep every digit.
 *
 * @param act What cannot be done where it fails: `read "prices.csv"`.
 */
export async function wideColumns(act: string, { table, text, rows }: WideSource): Promise<Record<string, ColumnType>> {
  await using database = await openDatabase();
  const connection = await database.connect();
  const { DuckDBTypeId: id } = await loadDuckdb();
  let doubles: string[];
  try {
    const result = await connection.stream(`SELECT * FROM ${table} LIMIT 0`);
    const types = result.columnTypes();
    doubles = result.deduplicatedColumnNames().filter((_, index) => types[index]!.typeId === id.DOUBLE);
  } catch (error) {
    throw dataError(act, error);
  }
  if (doubles.length === 0) return {};
  const digits = doubles.map((name, index) => {
    const field = `trim(${quoteName(name)})`;
    const isWhole = `bool_and(regexp_full_match(${field}, '[+-]?[0-9]+'))`;
    return `CASE WHEN ${isWhole} THEN max(length(ltrim(${field}, '+-'))) ELSE 0 END AS "${index}"`;
  });
  const sample = `(SELECT * FROM ${text} LIMIT ${rows})`;
  for await (
    const found of queryRows<Record<string, unknown>>(connection, `SELECT ${digits} FROM ${sample}`, { act })
  ) {
    return Object.fromEntries(doubles.flatMap((name, index) => {
      const length = Number(found[index] ?? 0);
      return length === 0 ? [] : [[name, length <= HUGE_DIGITS ? "HUGEINT" : "VARCHAR"] as const];
    }));
  }
  throw new DataError(`Cannot ${act}: a count has no row`);
}
