import { dirname, join, relative } from "node:path";
import { dataError } from "./data_error.ts";
import { type Database, openDatabase } from "./database.ts";
import type { DuckConnection } from "./duckdb_runtime.ts";
import type { RowSchema } from "./row_schema.ts";
import { fillRowTable } from "./row_table.ts";
import { quoteName, quoteText } from "./sql_text.ts";

/** Where Parquet is written. */
export interface ParquetWriterOptions {
  /** Absolute path: a `.parquet` or `.pq` file, which is replaced; else a folder, where each piece is a file of its own. */
  readonly path: string;
  /** The columns that become folders, outermost first. */
  readonly partitions: readonly string[];
}

/** Whether a path means one file. */
export function isParquetFile(path: string): boolean {
  return /\.(parquet|pq)$/.test(path);
}

/** Writes rows as Parquet files. Whoever reads the folder meanwhile sees a file as a whole or not at all. */
export class ParquetWriter {
  readonly #options: ParquetWriterOptions;
  readonly #database: Database;
  readonly #connection: DuckConnection;
  readonly #pieces: string[] = [];

  /** Made by `open`. */
  constructor(options: ParquetWriterOptions, database: Database, connection: DuckConnection) {
    this.#options = options;
    this.#database = database;
    this.#connection = connection;
  }

  /** Opens a writer; nothing is written yet. */
  static async open(options: ParquetWriterOptions): Promise<ParquetWriter> {
    const database = await openDatabase();
    return new ParquetWriter(options, database, await database.connect());
  }

  /** Writes rows, all or none. One file is written anew each time, with the rows before. */
  async write(schema: RowSchema, rows: readonly (readonly unknown[])[]): Promise<void> {
    const { path } = this.#options;
    try {
      await (isParquetFile(path) ? this.#writeFile(schema, rows) : this.#writePiece(schema, rows));
    } catch (error) {
      throw dataError(`write Parquet to "${path}"`, error);
    }
  }

  /** Closes the writer. */
  async close(): Promise<void> {
    await this.#database.close();
  }

  async #writeFile(schema: RowSchema, rows: readonly (readonly unknown[])[]): Promise<void> {
    const { path } = this.#options;
    const name = `piece${this.#pieces.length}`;
    const columns = await fillRowTable(this.#connection, { name, schema, rows, skipEmpty: false });
    const piece = `SELECT ${columns.map(({ sql }) => sql).join(", ")} FROM ${quoteName(name)}`;
    await Deno.mkdir(dirname(path), { recursive: true });
    const part = `${path}.${crypto.randomUUID()}.part`;
    try {
      await this.#copy([...this.#pieces, piece].join(" UNION ALL BY NAME "), part, "");
      await Deno.rename(part, path);
    } catch (error) {
      await removeIfThere(part);
      throw error;
    }
    this.#pieces.push(piece);
  }

  async #writePiece(schema: RowSchema, rows: readonly (readonly unknown[])[]): Promise<void> {
    const { path, partitions } = this.#options;
    const columns = await fillRowTable(this.#connection, { name: "piece", schema, rows, skipEmpty: true });
    const query = `SELECT ${columns.map(({ sql }) => sql).join(", ")} FROM piece`;
    await Deno.mkdir(path, { recursive: true });
    const part = `${path}.${crypto.randomUUID()}.part`; // beside the folder: a reader of the folder does not find it
    try {
      if (partitions.length === 0) {
        await this.#copy(query, part, "");
        await Deno.rename(part, join(path, `${crypto.randomUUID()}.parquet`));
      } else {
        const by = `, PARTITION_BY (${partitions.map(quoteName).join(", ")}), FILENAME_PATTERN '{uuid}'`;
        await this.#copy(query, part, by);
        await moveFiles(part, path);
      }
    } finally {
      await removeIfThere(part);
    }
  }

  async #copy(query: string, target: string, more: string): Promise<void> {
    await this.#connection.run(`COPY (${query}) TO ${quoteText(target)} (FORMAT parquet, COMPRESSION zstd${more})`);
  }
}

/** Moves all files of one folder into another, all or none. */
async function moveFiles(from: string, to: string): Promise<void> {
  const moved: string[] = [];
  try {
    for await (const file of filesBelow(from)) {
      const target = join(to, relative(from, file));
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.rename(file, target);
      moved.push(target);
    }
  } catch (error) {
    for (const file of moved) await removeIfThere(file);
    throw error;
  }
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
