import { resolve } from "node:path";
import { DataError } from "../errors.ts";
import { dataError } from "./data_error.ts";
import { type DuckConnection, type DuckInstance, loadDuckdb } from "./duckdb_runtime.ts";
import { localPath } from "./local_path.ts";

/** Reading opens a database so that other programs may read it too; only writing makes a file that is not there. */
export type DatabaseMode = "read" | "write";

interface Shared {
  readonly instance: Promise<DuckInstance>;
  readonly mode: DatabaseMode;
  users: number;
  /** Ends when the last piece of work that was to be alone has ended. */
  last: Promise<unknown>;
}

const SHARED = new Map<string, Shared>(); // DuckDB opens a file once in a process
const CONFIG = { autoinstall_known_extensions: "false", autoload_known_extensions: "false" }; // nothing is fetched unasked

/** One user's hold on a database; the file is closed with its last user. */
export class Database implements AsyncDisposable {
  readonly #shared: Shared;
  readonly #path: string | undefined;
  readonly #connections = new Set<DuckConnection>();
  #isClosed = false;

  /** Made by `openDatabase`. */
  constructor(shared: Shared, path: string | undefined) {
    this.#shared = shared;
    this.#path = path;
  }

  /** Opens a connection, whose clock is UTC; it is closed with this hold. */
  async connect(): Promise<DuckConnection> {
    const connection = await (await this.#shared.instance).connect();
    this.#connections.add(connection);
    await connection.run("SET TimeZone = 'UTC'");
    return connection;
  }

  /** Does work while no other work of this kind is done on the database. */
  alone<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#shared.last.then(work);
    this.#shared.last = done.catch(() => {});
    return done;
  }

  /** Closes the connections, and the database with its last user. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const connection of this.#connections) connection.closeSync();
    this.#shared.users -= 1;
    if (this.#shared.users > 0) return;
    if (this.#path !== undefined) SHARED.delete(this.#path);
    (await this.#shared.instance).closeSync();
  }

  /** Closes, see `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Opens a DuckDB file; without a path, a database in memory of its own.
 *
 * @throws {DataError} If there is no such file to read, if it is no DuckDB file, or if another program writes to it.
 */
export async function openDatabase(path?: string | URL, mode: DatabaseMode = "read"): Promise<Database> {
  if (path === undefined) return await hold(undefined, await start(undefined, "write"));
  const file = await realPath(localPath(path), mode);
  let shared = SHARED.get(file);
  if (shared === undefined) SHARED.set(file, shared = start(file, mode));
  else if (mode === "write" && shared.mode === "read") {
    throw new DataError(
      `Cannot open database "${file}" to write: this program is reading it. Open the writer first, or read to the end`,
    );
  }
  return await hold(file, shared);
}

function start(path: string | undefined, mode: DatabaseMode): Shared {
  const config = path !== undefined && mode === "read" ? { ...CONFIG, access_mode: "READ_ONLY" } : CONFIG;
  const instance = loadDuckdb().then(({ DuckDBInstance }) => DuckDBInstance.create(path ?? ":memory:", config));
  return { instance, mode, users: 0, last: Promise.resolve() };
}

async function hold(path: string | undefined, shared: Shared): Promise<Database> {
  shared.users += 1;
  try {
    await shared.instance;
  } catch (error) {
    if (path !== undefined && SHARED.get(path) === shared) SHARED.delete(path);
    throw dataError(`open database "${path ?? ":memory:"}"`, error);
  }
  return new Database(shared, path);
}

/** One name for one file, however it is written. */
async function realPath(path: string, mode: DatabaseMode): Promise<string> {
  const act = `open database "${path}" to ${mode}`;
  try {
    const real = await Deno.realPath(path);
    if ((await Deno.stat(real)).isDirectory) throw new DataError(`Cannot ${act}: it is a directory`);
    return real;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw dataError(act, error);
    if (mode === "read") throw new DataError(`Cannot ${act}: there is no such file`, { cause: error });
  }
  try {
    const folder = resolve(path, "..");
    await Deno.mkdir(folder, { recursive: true });
    return resolve(await Deno.realPath(folder), path.slice(path.lastIndexOf("/") + 1));
  } catch (error) {
    throw dataError(act, error);
  }
}
