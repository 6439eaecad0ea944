const CELL = Symbol.for("levada.cell");
const CELLS = Symbol.for("levada.cells");

/** Runs code as the kernel runs cells: it tells which cell runs, and the latest execution of each. */
export class Cells {
  readonly #executions = new Map<string, number>();
  #count = 0;

  /** Runs a cell; the same id again is the same cell. */
  run(id: string, code: () => void = () => {}): void {
    const world = globalThis as { [CELL]?: unknown; [CELLS]?: unknown };
    const execution = ++this.#count;
    this.#executions.set(id, execution);
    world[CELLS] = this.#executions;
    world[CELL] = { id, execution };
    try {
      code();
    } finally {
      delete world[CELL];
    }
  }
}
