import type { Plan } from "../graph/compile.ts";
import type { Log } from "../graph/context.ts";
import { keyText } from "../graph/key.ts";
import type { KeyedTable, TableRow } from "../graph/keyed_table.ts";
import type { Maybe } from "../graph/typing.ts";
import { checkRow, MemoryTable } from "./memory_table.ts";

/** Opens the table of a name for a function; undefined where there is none of that name. */
export interface OpenTable {
  (name: string, fn: string): KeyedTable | undefined;
  /** The names of all that were handed in, where they are known. */
  readonly names?: readonly string[];
}

/** Who asks for a table. */
export interface TableUser {
  readonly function: string;
  readonly step: string;
}

/** What the tables of a flow are told of it. */
export interface TablesOptions {
  /** The steps of the flow: some say which table they read or fill. */
  readonly steps?: Plan["steps"];
  /** Told of a table that nobody has handed in or fills, where others were. */
  readonly log?: Pick<Log, "warn">;
}

/** The tables of one running flow: one for each name and function, in memory where none was handed in. */
export class Tables {
  readonly #open: OpenTable;
  readonly #tables = new Map<string, KeyedTable>();
  readonly #filled = new Set<string>();
  readonly #log: TablesOptions["log"];
  readonly #told = new Set<string>();

  constructor(open: OpenTable = () => undefined, { steps = [], log }: TablesOptions = {}) {
    this.#open = open;
    this.#log = log;
    for (const { definition, spec: { options }, function: fn } of steps) {
      if (definition.table === "fills") this.#filled.add(placeOf(fn, String(options.table)));
    }
    for (const { definition, spec: { name, options }, function: fn } of steps) {
      if (definition.table === "reads") this.#check(String(options.table), { function: fn, step: name });
    }
  }

  /** The table of a name, for the steps of a function: the same one each time. */
  table(name: string, user: TableUser): KeyedTable {
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`Cannot open a table without a name: context.table("name")`);
    }
    const place = placeOf(user.function, name);
    let table = this.#tables.get(place);
    if (table === undefined) {
      this.#check(name, user);
      this.#tables.set(place, table = new NamedTable(name, this.#open(name, user.function) ?? new MemoryTable()));
    }
    return table;
  }

  /** Tells once of a name that may be mistyped. It is no error: steps may put rows in as the flow runs. */
  #check(name: string, { function: fn, step }: TableUser): void {
    const { names = [] } = this.#open;
    const place = placeOf(fn, name);
    if (names.length === 0 || names.includes(name) || this.#filled.has(place) || this.#told.has(place)) return;
    this.#told.add(place);
    this.#log?.warn(
      `Step "${step}": nobody has handed in table ${JSON.stringify(name)}, so it begins empty. There ${
        names.length === 1 ? "is" : "are"
      } ${names.map((one) => JSON.stringify(one)).join(", ")}; if it is meant, say so: fn.addTable(${
        JSON.stringify(name)
      }, {})`,
    );
  }
}

function placeOf(fn: string, name: string): string {
  return JSON.stringify([fn, name]);
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
    checkRow(row, `put the row of key ${JSON.stringify(text)} into table "${this.#name}"`);
    return this.#rows.put(text, row);
  }

  delete(key: string): Maybe<void> {
    return this.#rows.delete(this.#keyOf(key, "delete a row of"));
  }

  #keyOf(key: unknown, act: string): string {
    return keyText(key, `${act} table "${this.#name}"`);
  }
}
