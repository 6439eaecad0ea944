import type { Declaration, ParsedRun } from "./cell_code.ts";

/** Which run declares a name, now and before. */
export class DeclarationIndex {
  readonly #byName = new Map<string, Declaration[]>();
  /** The newest run of each cell that has an id. */
  readonly #newest = new Map<string, ParsedRun>();

  constructor(runs: readonly ParsedRun[]) {
    for (const run of runs) {
      if (run.id !== null) this.#newest.set(run.id, run);
      for (const declaration of run.declarations) {
        for (const name of declaration.names) {
          this.#byName.set(name, [...this.#byName.get(name) ?? [], declaration]);
        }
      }
    }
  }

  /** Every name that was declared. */
  get names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** What the notebook has under a name. A type and a value may have the same: the value is meant, unless there is none. */
  latest(name: string): Declaration | undefined {
    return preferred(this.#byName.get(name) ?? []);
  }

  /** What it had when a run ended. */
  at(name: string, index: number): Declaration | undefined {
    return preferred((this.#byName.get(name) ?? []).filter(({ run }) => run.index <= index));
  }

  /** Whether the cell has run again since, without it. */
  isGone(name: string): boolean {
    const found = this.latest(name);
    return found !== undefined && !this.isNewest(found.run);
  }

  /** Whether its cell has not run again since. */
  isNewest(run: ParsedRun): boolean {
    return run.id === null || this.#newest.get(run.id) === run;
  }
}

function preferred(declarations: readonly Declaration[]): Declaration | undefined {
  return declarations.findLast(({ kind }) => kind !== "type") ?? declarations.at(-1);
}
