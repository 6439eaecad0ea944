/** The notebook cell that is running: the kernel says which, under `Symbol.for("levada.cell")`. */
export interface RunningCell {
  readonly id: string;
  /** The number in `In [n]`: a new one each time. */
  readonly execution: number;
}

const CELL = Symbol.for("levada.cell");
/** The latest execution of each cell, by id: a `Map` that the kernel keeps. */
const CELLS = Symbol.for("levada.cells");

/** The cell that is running now; undefined outside a notebook. */
export function runningCell(): RunningCell | undefined {
  const cell = (globalThis as { [CELL]?: Partial<RunningCell> })[CELL];
  return typeof cell?.id === "string" && typeof cell.execution === "number" ? cell as RunningCell : undefined;
}

/** Whether a cell has run again since. */
export function hasRunAgain({ id, execution }: RunningCell): boolean {
  const latest = (globalThis as { [CELLS]?: unknown })[CELLS];
  const newest: unknown = latest instanceof Map ? latest.get(id) : undefined;
  return typeof newest === "number" && newest > execution;
}
