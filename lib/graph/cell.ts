/** Running a notebook cell again replaces what it added before. */

/** The notebook cell that is running: the kernel says which, under `Symbol.for("levada.cell")`. */
export interface RunningCell {
  readonly id: string;
  /** The number in `In [n]`: a new one each time. */
  readonly execution: number;
}

const CELL = Symbol.for("levada.cell");

/** The cell that is running now; undefined outside a notebook. */
export function runningCell(): RunningCell | undefined {
  const cell = (globalThis as { [CELL]?: Partial<RunningCell> })[CELL];
  return typeof cell?.id === "string" && typeof cell.execution === "number" ? cell as RunningCell : undefined;
}

/** Remembers how to take back each change, by the cell that made it. */
export class CellJournal {
  #entries: { readonly cell: RunningCell; readonly undo: () => void }[] = [];

  /** Takes back what an earlier run of the running cell changed, last change first. Call it before a change. */
  takeBack(): void {
    const now = runningCell();
    if (now === undefined) return;
    const stale = this.#entries.filter(({ cell }) => cell.id === now.id && cell.execution !== now.execution);
    if (stale.length === 0) return;
    this.#entries = this.#entries.filter((entry) => !stale.includes(entry));
    for (const { undo } of stale.reverse()) undo();
  }

  /** Notes how to take a change back. */
  note(undo: () => void): void {
    const cell = runningCell();
    if (cell !== undefined) this.#entries.push({ cell: { id: cell.id, execution: cell.execution }, undo });
  }
}
