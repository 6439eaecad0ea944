import { keyText } from "../graph/key.ts";
import type { KeyedTable, TableRow } from "../graph/keyed_table.ts";
import type { Maybe } from "../graph/typing.ts";
import { MemoryTable } from "./memory_table.ts";

/** Opens the table of a name for a function; undefined where there is none of that name. */
export type OpenTable = (name: string, fn: string) => KeyedTable | undefined;

/** The tables of one running flow: one for each name and function, in memory where none was handed in. */
export class Tables {
  readonly #open: OpenTable;
  readonly #tables = new Map<string, KeyedTable>();

  constructor(open: OpenTable = () => undefined) {
    this.#open = open;
  }

  /** The table of a name, for the steps of a function: the same one each time. */
  table(name: string, fn: string): KeyedTable {
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`Cannot open a table without a name: context.table("name")`);
    }
    const place = JSON.stringify([fn, name]);
    let table = this.#tables.get(place);
    if (table === undefined) {
      this.#tables.set(place, table = new NamedTable(name, this.#open(name, fn) ?? new MemoryTable()));
    }
    return table;
  }
}

/** A table as steps see it: keys and rows are checked before its keeper gets them, whatever keeps the rows. */
class NamedTable implements KeyedTable {
  readonly #name: string;
  readonly #rows: KeyedTable;

  constructor(name: string, rows: KeyedTable) {
    this.#name = name;
    this.#rows = rows;
  }

  get(key: string): Maybe<TableRow | undefined> {
    return this.#rows.get(this.#keyOf(key, "get a row from"));
  }

  put(key: string, row: TableRow): Maybe<void> {
    const text = this.#keyOf(key, "put a row into");
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      const kind = row === null ? "null" : Array.isArray(row) ? "a list" : typeof row;
      throw new TypeError(
        `Cannot put the row of key ${JSON.stringify(text)} into table "${this.#name}": it is ${kind}, not an object`,
      );
    }
    return this.#rows.put(text, row);
  }

  delete(key: string): Maybe<void> {
    return this.#rows.delete(this.#keyOf(key, "delete a row of"));
  }

  #keyOf(key: unknown, act: string): string {
    return keyText(key, `${act} table "${this.#name}"`);
  }
}
