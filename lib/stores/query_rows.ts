import { dataError } from "./data_error.ts";
import { type DuckBindings, type DuckConnection, loadDuckdb } from "./duckdb_runtime.ts";
import { readerOf, type WideIntegers } from "./read_value.ts";

/** How a query is read. */
export interface QueryOptions {
  /** What cannot be done where it fails: `read "prices.csv"`. */
  readonly act: string;
  /** What is bound to the query's marks. */
  readonly values?: DuckBindings | undefined;
  /** What integers of 64 and more bits become. */
  readonly integers?: WideIntegers | undefined;
}

/** Runs a query and gives its rows as they come: no more than some thousands are in memory. Whoever stops early closes the connection. */
export async function* queryRows<Row>(
  connection: DuckConnection,
  sql: string,
  options: QueryOptions,
): AsyncGenerator<Row> {
  const { act, values, integers } = options;
  const runtime = await loadDuckdb();
  try {
    const result = await connection.stream(sql, values);
    const names = result.deduplicatedColumnNames();
    const readers = result.columnTypes().map((type, index) =>
      readerOf(type, runtime, { column: names[index]!, integers })
    );
    while (true) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      const columns = readers.map((read, index) =>
        chunk.getColumnValues(index).map((value) => value === null ? null : read(value))
      );
      for (let row = 0; row < chunk.rowCount; row++) yield rowOf(names, columns, row) as Row;
    }
  } catch (error) {
    throw dataError(act, error);
  }
}

function rowOf(
  names: readonly string[],
  columns: readonly (readonly unknown[])[],
  row: number,
): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!;
    if (name === "__proto__") Object.defineProperty(object, name, { ...OWN, value: columns[index]![row] });
    else object[name] = columns[index]![row];
  }
  return object;
}

const OWN = { writable: true, enumerable: true, configurable: true };
