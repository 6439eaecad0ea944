/** What the kernel tells of a notebook: `globalThis[Symbol.for("levada.notebook")]`. */

/** One run of a cell. */
export interface CellRun {
  /** The notebook's id of the cell; null where the frontend sends none. */
  readonly id: string | null;
  /** The number in `In [n]`. */
  readonly execution: number;
  readonly source: string;
}

/** Where a function was written, and what it holds. */
export interface LocatedFunction {
  /** The id and the execution of its cell; an execution of null is a function of a file. */
  readonly cell: string | null;
  readonly execution: number | null;
  readonly file: string | null;
  /** Where its text begins; both count from 0, and are null where that is not known. */
  readonly line: number | null;
  readonly column: number | null;
  /** By name: parameters of functions around it, variables of loops and blocks. */
  readonly captured: Readonly<Record<string, unknown>>;
}

/** The kernel's side. */
export interface NotebookView {
  cells(): Promise<readonly CellRun[]>;
  locate(fn: unknown): Promise<LocatedFunction>;
}

/** The notebook that this code runs in; undefined in another kernel, and outside of notebooks. */
export function openNotebook(): NotebookView | undefined {
  return (globalThis as { [key: symbol]: unknown })[Symbol.for("levada.notebook")] as NotebookView | undefined;
}
