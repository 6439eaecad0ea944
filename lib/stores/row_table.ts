import { duckValue, typeOf } from "./column_shape.ts";
import { type DuckConnection, loadDuckdb } from "./duckdb_runtime.ts";
import type { RowSchema } from "./row_schema.ts";
import { quoteName } from "./sql_text.ts";

/** What is put into a table. */
export interface RowTableOptions {
  /** The name of the table, which is this connection's own. */
  readonly name: string;
  readonly schema: RowSchema;
  /** Values in the order of the schema's columns, as `RowSchema.take` gave them. */
  readonly rows: readonly (readonly unknown[])[];
  /** Leaves columns out that were always null: what type they have is not known yet. */
  readonly skipEmpty: boolean;
}

/** A column of rows that wait in a table: how it is written in a query, and its type. */
export interface RowColumn {
  readonly name: string;
  /** The column as its own type, as SQL. */
  readonly sql: string;
  readonly type: string;
}

const CHUNK_ROWS = 2_048; // DuckDB's own

/** Puts rows into a table of their own, and gives its columns. */
export async function fillRowTable(connection: DuckConnection, options: RowTableOptions): Promise<RowColumn[]> {
  const { name, schema, rows, skipEmpty } = options;
  const runtime = await loadDuckdb();
  const all = schema.columns.map((column, index) => ({ column, index, shape: schema.shapeOf(index) }));
  const known = all.filter(({ shape }) => !skipEmpty || shape.kind !== "nothing");
  const used = known.length === 0 ? all : known;
  const types = used.map(({ shape }) => typeOf(shape, runtime));
  const columns = used.map(({ column }, index) => `${quoteName(column)} ${types[index]}`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${quoteName(name)} (${columns.join(", ")})`);
  const appender = await connection.createAppender(name, "main", "temp");
  try {
    for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
      const part = rows.slice(start, start + CHUNK_ROWS);
      const chunk = runtime.DuckDBDataChunk.create(types, part.length);
      chunk.setColumns(used.map(({ index, shape }) => part.map((row) => duckValue(row[index], shape, runtime))));
      appender.appendDataChunk(chunk);
    }
  } finally {
    appender.closeSync();
  }
  return used.map(({ column, index }, position) => {
    const said = schema.typeOf(index);
    const quoted = quoteName(column);
    return said === undefined
      ? { name: column, sql: quoted, type: `${types[position]}` }
      : { name: column, sql: `CAST(${quoted} AS ${said}) AS ${quoted}`, type: said };
  });
}
