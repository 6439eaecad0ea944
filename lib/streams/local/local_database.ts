import { closeSync, existsSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { MissingStreamError, StreamError } from "../../errors.ts";
import { FilePlace } from "./file_place.ts";
import { faultOf, isBusy } from "./local_fault.ts";
import type { LocalPath } from "./local_path.ts";

const PARTITIONS = 4; // enough for several processes to share
const CAPACITY = 10_000;
const APPLICATION_ID = 0x4c76_6461; // "Lvda": tells our files from other databases
const SCHEMA = 1;
const OPEN_WITHIN_MS = 5_000;
const BUSY_MS = 5; // how long SQLite may hold the event loop for another process's transaction; then we wait without holding it

const WRITE_BACK_HERE_PAGES = 8_000; // where no thread has written the log back before, see WalKeeper

const MENDED_WITHIN_MS = 2_000;

const TABLES = `
CREATE TABLE stream (capacity INTEGER NOT NULL, retention_ms INTEGER);
CREATE TABLE partitions (
  partition INTEGER PRIMARY KEY,
  first INTEGER NOT NULL, -- the oldest record that is kept
  next INTEGER NOT NULL, -- behind the newest
  last_at INTEGER NOT NULL, -- when the newest came: times of publishing never go back
  largest INTEGER NOT NULL -- how many bytes the largest record has that ever came
);
CREATE TABLE groups (name TEXT PRIMARY KEY, generation INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE members (
  seat INTEGER PRIMARY KEY AUTOINCREMENT,
  grp TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  expires_at INTEGER NOT NULL
);
CREATE TABLE cursors (
  grp TEXT NOT NULL,
  partition INTEGER NOT NULL,
  owner TEXT,
  committed INTEGER NOT NULL,
  next INTEGER NOT NULL, -- the first that was never given out
  open INTEGER NOT NULL, -- how many were given out and are not done
  state TEXT NOT NULL, -- which those are
  PRIMARY KEY (grp, partition)
) WITHOUT ROWID;
`;

/** One connection to the file of a stream. */
export class LocalDatabase {
  readonly name: string;
  readonly file: string;
  readonly partitions: number;
  readonly connection: DatabaseSync;
  readonly place: FilePlace;

  /** Made by `openDatabase`. */
  constructor({ name, file }: LocalPath, connection: DatabaseSync, partitions: number) {
    this.name = name;
    this.file = file;
    this.connection = connection;
    this.partitions = partitions;
    this.place = new FilePlace(file);
  }

  prepare(sql: string): StatementSync {
    return this.connection.prepare(sql);
  }

  /**
   * Reads; waits where another process mends the file after a kill, which keeps readers out for a moment. Beside those who write
   * readers never wait.
   *
   * @throws {Error} If it cannot be read, or the file has gone from where it was opened.
   */
  read<Result>(run: () => Result): Result {
    this.place.refuseLeft();
    try {
      return run();
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    this.connection.exec(`PRAGMA busy_timeout = ${MENDED_WITHIN_MS}`);
    try {
      return run();
    } finally {
      this.connection.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    }
  }

  close(): void {
    this.connection.close();
  }
}

/**
 * Opens the file of a stream, and makes it where there is none.
 *
 * @throws {StreamError} If it cannot be made or read, is another's, or has other partitions than the path asks for.
 */
export async function openDatabase(path: LocalPath): Promise<LocalDatabase> {
  const { name, file, options } = path;
  const act = `open ${name}`;
  if (!existsSync(file)) {
    if (options.create === false) {
      throw new MissingStreamError(`Cannot ${act}: there is none, and create is false (${file})`);
    }
    makeFolder(act, dirname(file));
    await makeFile(file);
  }
  const startedAt = performance.now();
  while (true) {
    let connection: DatabaseSync | undefined;
    try {
      connection = new DatabaseSync(file);
      return new LocalDatabase(path, connection, prepareFile(connection, path));
    } catch (error) {
      connection?.close();
      if (!isBusy(error) || performance.now() - startedAt > OPEN_WITHIN_MS) throw faultOf(act, file, error);
    }
    await pause(5 + Math.random() * 20); // another process makes it now
  }
}

/**
 * Makes the file, empty. What lies beside it is of one that was moved away or deleted, which others may have open still: SQLite would share
 * it with them, and damage the new one. One process at a time, so that nothing of the new one is removed.
 */
async function makeFile(file: string): Promise<void> {
  const folder = await Deno.open(dirname(file)).catch(() => undefined); // on Windows: there an open file cannot be moved
  try {
    await folder?.lock(true);
    if (existsSync(file)) return;
    for (const part of ["-wal", "-shm"]) rmSync(file + part, { force: true });
    closeSync(openSync(file, "a"));
  } catch { // whoever opens it is told what is wrong with the folder
  } finally {
    folder?.close();
  }
}

function makeFolder(act: string, folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new StreamError(`Cannot ${act}: the folder ${folder} cannot be made: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Brings a file to where streams can work with it; tells how many partitions there are. */
function prepareFile(connection: DatabaseSync, { name, file, options }: LocalPath): number {
  connection.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  if (readPragma(connection, "user_version") === 0) makeTables(connection, { name, file, options });
  const [id, schema] = [readPragma(connection, "application_id"), readPragma(connection, "user_version")];
  if (id !== APPLICATION_ID) throw new StreamError(`Cannot open ${name}: ${file} is a database of something else`);
  if (schema !== SCHEMA) {
    throw new StreamError(
      `Cannot open ${name}: ${file} has schema ${schema}, written by a newer Levada; this one reads ${SCHEMA}`,
    );
  }
  connection.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${WRITE_BACK_HERE_PAGES}`);
  const { count } = connection.prepare("SELECT count(*) AS count FROM partitions").get() as { count: number };
  if (options.partitions !== undefined && options.partitions !== count) {
    throw new StreamError(`Cannot open ${name}: the stream has ${count} partitions already, and keys would move`);
  }
  adopt(connection, options);
  return count;
}

function makeTables(connection: DatabaseSync, { name, file, options }: LocalPath): void {
  connection.prepare("PRAGMA journal_mode = WAL").get();
  connection.prepare("BEGIN IMMEDIATE").run();
  try {
    if (readPragma(connection, "user_version") === 0) {
      const { count } = connection.prepare("SELECT count(*) AS count FROM sqlite_schema").get() as { count: number };
      if (count > 0) throw new StreamError(`Cannot open ${name}: ${file} is a database of something else`);
      connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA}; ${TABLES}`);
      connection.prepare("INSERT INTO stream VALUES (?, ?)").run(
        options.capacity ?? CAPACITY,
        options.retention ?? null,
      );
      for (let partition = 0; partition < (options.partitions ?? PARTITIONS); partition++) {
        connection.prepare("INSERT INTO partitions VALUES (?, 0, 0, 0, 0)").run(partition);
        connection.exec(
          `CREATE TABLE records_${partition} (offset INTEGER PRIMARY KEY, published_at INTEGER, head TEXT, bytes BLOB)`,
        );
      }
    }
    connection.prepare("COMMIT").run();
  } catch (error) {
    if (connection.isTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

/** What the path says anew of a stream that is there. */
function adopt(connection: DatabaseSync, { capacity, retention }: LocalPath["options"]): void {
  const now = connection.prepare("SELECT capacity, retention_ms AS retention FROM stream").get() as {
    capacity: number;
    retention: number | null;
  };
  if (capacity !== undefined && capacity !== now.capacity) {
    connection.prepare("UPDATE stream SET capacity = ?").run(capacity);
  }
  if (retention !== undefined && retention !== now.retention) {
    connection.prepare("UPDATE stream SET retention_ms = ?").run(retention);
  }
}

function readPragma(connection: DatabaseSync, name: string): number {
  return (connection.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name]!;
}
