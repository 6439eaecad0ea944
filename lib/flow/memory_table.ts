import type { KeyedTable, TableRow } from "../graph/keyed_table.ts";
import { keyText } from "../graph/key.ts";
import { copyData } from "./copy.ts";

/** Rows as they are handed in: a list, of which a field is the key; or an object or map of rows by key. */
export type TableRows = Iterable<object> | ReadonlyMap<string, object> | Readonly<Record<string, object>>;

/** Rows by key in this program's memory. A row that is put in or got is copied, so nobody else can change it. */
export class MemoryTable implements KeyedTable {
  readonly #rows: Map<string, TableRow>;

  /** Made by `memoryTable`. */
  constructor(rows: Iterable<readonly [string, TableRow]> = []) {
    this.#rows = new Map(rows);
  }

  /** The row of a key; undefined where there is none. */
  get(key: string): TableRow | undefined {
    const row = this.#rows.get(key);
    return row === undefined ? undefined : copyData(row);
  }

  /**
   * Sets the row of a key.
   *
   * @throws {TypeError} If the row is no object, or not data.
   */
  put(key: string, row: TableRow): void {
    this.#rows.set(key, ownRow(key, row));
  }

  /** Takes the row of a key out. */
  delete(key: string): void {
    this.#rows.delete(key);
  }

  /** How many rows there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** A table of its own with the same rows. */
  copy(): MemoryTable {
    return new MemoryTable(this.#rows); // rows are never changed, only replaced
  }
}

/** Refuses what is no row. */
export function checkRow(row: unknown, act: string): void {
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return;
  const kind = row === null ? "null" : Array.isArray(row) ? "a list" : typeof row;
  throw new TypeError(`Cannot ${act}: it is ${kind}, not an object`);
}

/** A copy of what is to be a row. */
function ownRow(key: string, row: unknown): TableRow {
  const act = `put the row of key ${JSON.stringify(key)} into a table`;
  checkRow(row, act);
  try {
    return copyData(row) as TableRow;
  } catch (error) {
    throw new TypeError(`Cannot ${act}: it is not data`, { cause: error });
  }
}

/**
 * Makes a table in memory that outlives the flows that it is handed to: what their steps put in is there for the next.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { memoryTable } from "levada";
 *
 * const users = memoryTable([{ user: "ana", age: 31 }], { key: "user" });
 * users.put("bo", { age: 5 });
 * deepStrictEqual([users.get("ana"), users.get("bo"), users.get("cy")], [{ user: "ana", age: 31 }, { age: 5 }, undefined]);
 * ```
 *
 * @param rows A list of rows with `{ key: "field" }`; or an object or a map of rows by key. Default: none.
 * @param options `key` is the field of each row that is its key: text or a number.
 * @throws {TypeError} If a row is no object, or has no such field.
 */
export function memoryTable(rows: TableRows = {}, options: { key?: string } = {}): MemoryTable {
  return new MemoryTable(entriesOf(rows, options.key));
}

function* entriesOf(rows: TableRows, field: string | undefined): Generator<[string, TableRow]> {
  if (rows instanceof Map || !(Symbol.iterator in rows)) {
    if (field !== undefined) {
      throw new TypeError(
        `Cannot make a table by field "${field}": the rows are ${
          rows instanceof Map ? "a map" : "an object"
        }, which has a key for each already. Leave { key: … } out`,
      );
    }
    for (const [key, row] of rows instanceof Map ? rows : Object.entries(rows)) yield [key, ownRow(key, row)];
    return;
  }
  if (field === undefined) {
    throw new TypeError(`Cannot make a table of a list: which field of a row is its key? Say { key: "field" }`);
  }
  for (const row of rows as Iterable<TableRow>) {
    const own = row === null || typeof row !== "object" || !Object.hasOwn(row, field) ? undefined : row[field];
    const key = keyText(own, `make a table by field "${field}"`);
    yield [key, ownRow(key, row)];
  }
}

/** Whether rows are a table already. */
export function isTable(rows: TableRows | KeyedTable): rows is KeyedTable {
  return ["get", "put", "delete"].every((method) => typeof (rows as Record<string, unknown>)[method] === "function");
}
