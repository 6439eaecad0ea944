import { DataError } from "../errors.ts";
import { dataError } from "./data_error.ts";
import { type Database, openDatabase } from "./database.ts";
import type { DuckConnection } from "./duckdb_runtime.ts";
import type { RowSchema } from "./row_schema.ts";
import { fillRowTable, type RowColumn } from "./row_table.ts";
import { quoteName } from "./sql_text.ts";

/** Which table is written, and how. */
export interface TableWriterOptions {
  /** The DuckDB file; it is made where there is none. */
  readonly database: string;
  readonly table: string;
  /** Adds rows; replaces the table when the first rows are written; or replaces the row of the same key, where there is one. */
  readonly mode: "append" | "replace" | "upsert";
  /** The columns that make a row's key; a table that is made gets them as its primary key. */
  readonly key: readonly string[];
}

interface Opened {
  readonly database: Database;
  readonly connection: DuckConnection;
  readonly columns: ReadonlyMap<string, string> | undefined;
}

/** Writes rows into a table, each piece in a transaction of its own. */
export class TableWriter {
  readonly #options: TableWriterOptions;
  readonly #database: Database;
  readonly #connection: DuckConnection;
  #isReplaced: boolean;
  /** The columns of the table when it was opened, by name, with their types; undefined where it was not there, or is replaced. */
  readonly columns: ReadonlyMap<string, string> | undefined;

  /** Made by `open`. */
  constructor(options: TableWriterOptions, { database, connection, columns }: Opened) {
    this.#options = options;
    this.#database = database;
    this.#connection = connection;
    this.#isReplaced = options.mode !== "replace";
    this.columns = options.mode === "replace" ? undefined : columns;
  }

  /** Opens the database, and looks at the table. */
  static async open(options: TableWriterOptions): Promise<TableWriter> {
    const database = await openDatabase(options.database, "write");
    try {
      const connection = await database.connect();
      const columns = await columnsOf(connection, options.table);
      return new TableWriter(options, { database, connection, columns });
    } catch (error) {
      await database.close();
      throw dataError(`open table "${options.table}" of "${options.database}"`, error);
    }
  }

  /** Writes rows, all or none. */
  async write(schema: RowSchema, rows: readonly (readonly unknown[])[]): Promise<void> {
    const { table, database } = this.#options;
    try {
      await this.#database.alone(() => this.#write(schema, rows));
    } catch (error) {
      throw dataError(`write to table "${table}" of "${database}"`, error);
    }
  }

  /** Closes the connection, and the database where nobody else uses it. */
  async close(): Promise<void> {
    await this.#database.close();
  }

  async #write(schema: RowSchema, rows: readonly (readonly unknown[])[]): Promise<void> {
    const connection = this.#connection;
    await connection.run("BEGIN");
    try {
      const columns = await fillRowTable(connection, { name: STAGE, schema, rows, skipEmpty: true });
      await this.#prepare(columns);
      await connection.run(this.#statement(columns));
      await connection.run(`DROP TABLE temp.${STAGE}`);
      await connection.run("COMMIT");
      this.#isReplaced = true;
    } catch (error) {
      await connection.run("ROLLBACK").catch(() => {}); // a failed commit has done it already
      throw error;
    }
  }

  /** Makes the table, or the columns whose type is only known now. */
  async #prepare(columns: readonly RowColumn[]): Promise<void> {
    const { table, key } = this.#options;
    const there = this.#isReplaced ? await columnsOf(this.#connection, table) : undefined;
    if (there === undefined) {
      const parts = columns.map(({ name, type }) => `${quoteName(name)} ${type}`);
      const missing = key.filter((name) => !columns.some((column) => column.name === name));
      if (missing.length > 0) throw new DataError(`key "${missing[0]}" is null in all rows`);
      if (key.length > 0) parts.push(`PRIMARY KEY (${key.map(quoteName).join(", ")})`);
      const create = this.#isReplaced ? "CREATE TABLE" : "CREATE OR REPLACE TABLE";
      await this.#connection.run(`${create} ${quoteName(table)} (${parts.join(", ")})`);
      return;
    }
    const names = new Set([...there.keys()].map((name) => name.toLowerCase()));
    for (const { name, type } of columns) {
      if (names.has(name.toLowerCase())) continue;
      await this.#connection.run(`ALTER TABLE ${quoteName(table)} ADD COLUMN ${quoteName(name)} ${type}`);
    }
  }

  #statement(columns: readonly RowColumn[]): string {
    const { table, mode, key } = this.#options;
    const names = columns.map(({ name }) => quoteName(name));
    const select = `SELECT ${columns.map(({ sql }) => sql).join(", ")} FROM temp.${STAGE}`;
    if (mode !== "upsert") return `INSERT INTO ${quoteName(table)} (${names.join(", ")}) ${select}`;
    const keys = key.map(quoteName);
    const others = names.filter((name) => !keys.includes(name));
    const last = `${select} QUALIFY row_number() OVER (PARTITION BY ${keys.join(", ")} ORDER BY rowid DESC) = 1`;
    const on = keys.map((name) => `old.${name} = new.${name}`).join(" AND ");
    const update = others.length === 0
      ? "DO NOTHING"
      : `UPDATE SET ${others.map((name) => `${name} = new.${name}`).join(", ")}`;
    const values = names.map((name) => `new.${name}`).join(", ");
    return `MERGE INTO ${quoteName(table)} AS old USING (${last}) AS new ON (${on}) WHEN MATCHED THEN ${update} ` +
      `WHEN NOT MATCHED THEN INSERT (${names.join(", ")}) VALUES (${values})`;
  }
}

const STAGE = "levada_stage";

/** The columns of a table and their types; undefined where there is no such table. */
async function columnsOf(connection: DuckConnection, table: string): Promise<Map<string, string> | undefined> {
  const query =
    "SELECT column_name, data_type FROM duckdb_columns() WHERE lower(table_name) = lower($1) AND schema_name = 'main' " +
    "AND database_name = current_database() ORDER BY column_index";
  const rows = (await connection.runAndReadAll(query, [table])).getRows() as [string, string][];
  return rows.length === 0 ? undefined : new Map(rows);
}
