import type { Maybe } from "./typing.ts";

/** One row of a table: fields that are data. */
export type TableRow = Record<string, unknown>;

/**
 * Rows by key. The default keeps them in memory; whatever else keeps rows by key has these methods and is handed in by
 * `fn.addTable`. They answer at once or later.
 */
export interface KeyedTable {
  /** The row of a key; undefined where there is none. Whoever gets it may change it, the table's stays as it was. */
  get(key: string): Maybe<TableRow | undefined>;
  /** Sets the row of a key; a row that is there already is replaced as a whole. */
  put(key: string, row: TableRow): Maybe<void>;
  /** Takes the row of a key out; where there is none, nothing happens. */
  delete(key: string): Maybe<void>;
}
