/** What ran in one engine process: each run of each cell, in order, with what it declares and uses. */

import { freeNames } from "../../lib/scope/free_names.ts";
import { declaredBy } from "../language/names.ts";
import { matchFunction } from "../language/functions_in.ts";
import type { Position } from "../language/positions.ts";
import { readCell } from "../language/rewrite.ts";
import type { CellRun, FunctionPlace } from "./carried.ts";
import type { Cell } from "./engine.ts";
import { CELL_SCHEME, PREFIX_LINES } from "./stack.ts";

/** A place in a script as V8 tells it. */
export interface ScriptPlace extends Position {
  /** Empty for what no script holds. */
  readonly url: string;
}

/** Remembers runs; their names are looked for when somebody asks. */
export class CellRuns {
  readonly #runs: { readonly cell: Cell; readonly script: string }[] = [];

  /** A cell is about to run as this script; what runs silently is no cell. */
  add(cell: Cell, script: string): void {
    if (!cell.silent) this.#runs.push({ cell, script });
  }

  /** All runs so far, also those that failed, and of cells that have run again since. */
  get all(): CellRun[] {
    return this.#runs.map(({ cell: { cellId, count, code } }) => {
      const { program } = readCell(code);
      const free = freeNames(program).uses.filter(({ isType, name }) => !isType && name !== "this")
        .map(({ name }) => name);
      return {
        id: cellId ?? null,
        execution: count,
        source: code,
        declared: declaredBy(program),
        free: [...new Set(free)],
      };
    });
  }

  /** The function at a place of a script, in the lines of its cell. */
  place({ url, line, column }: ScriptPlace): FunctionPlace {
    const run = url.startsWith(CELL_SCHEME) ? this.#runOf(url) : undefined;
    if (run === undefined) return { cell: null, execution: null, file: url === "" ? null : url, line, column };
    const { cell, script } = run;
    const found = matchFunction(readCell(cell.code), script, { line: line - PREFIX_LINES, column });
    return { cell: cell.cellId ?? null, execution: cell.count, file: null, ...(found ?? { line: null, column: null }) };
  }

  #runOf(url: string): { readonly cell: Cell; readonly script: string } | undefined {
    const execution = decodeURIComponent(url.slice(CELL_SCHEME.length));
    return this.#runs.find(({ cell }) => cell.execution === execution);
  }
}
