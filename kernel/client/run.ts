/** A notebook, cell by cell, through a kernel. */

import type { ExecuteReply, KernelClient } from "./client.ts";
import { KernelError } from "./kernel_process.ts";
import { cellTags, type CodeCell, type ErrorOutput, foreignLanguage, type Notebook } from "./notebook.ts";
import { CellOutputs, type Displays } from "./outputs.ts";

/** What a run tells while it goes on. */
export type RunEvent =
  & {
    /** The cell's place among all cells, from 1. */
    readonly cell: number;
    /** The cell's place among the code cells, from 1. */
    readonly number: number;
    /** How many code cells there are. */
    readonly total: number;
    /** The cell's first telling line, `cellLabel`. */
    readonly label: string;
  }
  & (
    | { readonly kind: "start" }
    | { readonly kind: "end"; readonly durationMs: number; readonly outputs: number; readonly ok: boolean }
  );

/** How a notebook is run. */
export interface RunOptions {
  /** Longest time for one cell, in milliseconds; then it is interrupted and has failed. Default: no limit. */
  readonly timeoutMs?: number;
  /** Runs on after a failing cell. Default: false. */
  readonly keepGoing?: boolean;
  /** Asked after each cell, however it went: whether no other needs to run. It has not failed then. */
  readonly isEnough?: () => Promise<boolean>;
  /** Told when a cell starts and ends. */
  readonly onProgress?: (event: RunEvent) => void;
  /** Aborted, the run ends with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A cell that failed, and where. */
export interface CellFailure {
  /** The cell's place among all cells, from 1. */
  readonly cell: number;
  readonly label: string;
  readonly error: ErrorOutput;
}

/** How long an interrupted cell may take to end, in milliseconds, before its kernel counts as lost. */
const INTERRUPT_MS = 5000;

/**
 * Runs every code cell in order and writes outputs, numbers and the kernel's language into the notebook; old outputs go first.
 * It stops at the first failing cell, unless that cell has the tag `raises-exception` (nbclient's convention).
 *
 * @returns The cells that failed: none when all went well.
 */
export async function runNotebook(
  notebook: Notebook,
  kernel: KernelClient,
  options: RunOptions = {},
): Promise<CellFailure[]> {
  fillMetadata(notebook, kernel);
  const cells = notebook.cells.filter((cell) => cell.cell_type === "code");
  for (const cell of cells) Object.assign(cell, { execution_count: null, outputs: [] });
  const displays: Displays = new Map();
  const failures: CellFailure[] = [];
  const total = cells.filter(isRun).length;
  let number = 0;
  for (const cell of cells.filter(isRun)) {
    number++;
    const place = { cell: notebook.cells.indexOf(cell) + 1, number, total, label: cellLabel(cell) };
    options.onProgress?.({ kind: "start", ...place });
    const start = performance.now();
    const error = await runCell(cell, kernel, displays, options);
    const isEnough = await options.isEnough?.() === true;
    const failed = !isEnough && error !== undefined && (error.lost || !cellTags(cell).includes("raises-exception"));
    const durationMs = performance.now() - start;
    options.onProgress?.({ kind: "end", ...place, durationMs, outputs: cell.outputs.length, ok: !failed });
    if (failed) failures.push({ cell: place.cell, label: place.label, error: error.output });
    if (isEnough || error?.lost || (failed && options.keepGoing !== true)) break;
  }
  return failures;
}

/** The cell's first line that says something: a comment or code, rather than an import or a bracket. */
export function cellLabel(cell: CodeCell): string {
  const lines = cell.source.split("\n").map((line) => line.trim().replace(/^(?:\/\/+|\/\*+|\*+\/?)\s*/, ""));
  const said = lines.filter((line) => /[\p{L}\p{N}]/u.test(line));
  return said.find((line) => !/^import\b/.test(line)) ?? said[0] ?? lines.find((line) => line !== "") ?? "";
}

interface Failed {
  readonly output: ErrorOutput;
  /** The kernel is gone: nothing can run after this. */
  readonly lost: boolean;
}

async function runCell(
  cell: CodeCell,
  kernel: KernelClient,
  displays: Displays,
  options: RunOptions,
): Promise<Failed | undefined> {
  const outputs = new CellOutputs(displays, cell.outputs);
  const limit = new TimeLimit(kernel, options.timeoutMs);
  let reply: ExecuteReply;
  try {
    const signal = AbortSignal.any([limit.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    reply = await kernel.execute(cell.source, {
      cellId: cell.id,
      signal,
      onOutput: (message) => outputs.take(message),
    });
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return { output: addError(cell, error.name, error.message), lost: true };
  } finally {
    limit.end();
  }
  cell.execution_count = reply.executionCount ?? null;
  if (reply.status === "ok") return undefined;
  if (limit.isOver) {
    const evalue = `The cell ran longer than ${(options.timeoutMs ?? 0) / 1000} s and was interrupted`;
    return { output: addError(cell, "TimeoutError", evalue), lost: false };
  }
  const { ename, evalue, traceback } = reply;
  return { output: { output_type: "error", ename, evalue, traceback }, lost: false };
}

/** An error that the client sees and the kernel did not publish. */
function addError(cell: CodeCell, ename: string, evalue: string): ErrorOutput {
  const output: ErrorOutput = { output_type: "error", ename, evalue, traceback: [`${ename}: ${evalue}`] };
  cell.outputs.push(output);
  return output;
}

/** Interrupts the kernel when a cell's time is over, and gives it up when that does not help. */
class TimeLimit {
  /** The cell's time was over before its end. */
  isOver = false;
  readonly #giveUp = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(kernel: KernelClient, timeoutMs: number | undefined) {
    if (timeoutMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.#timer = setTimeout(() => {
        const spent = `${timeoutMs / 1000} s, and its interrupt went unheard for ${INTERRUPT_MS / 1000} s`;
        this.#giveUp.abort(new KernelError(`The kernel is lost: the cell ran longer than ${spent}`));
      }, INTERRUPT_MS);
      kernel.interrupt().catch((error) => this.#giveUp.abort(error));
    }, timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#giveUp.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** nbclient sends no cell that says nothing; JupyterLab neither. */
function isRun(cell: CodeCell): boolean {
  return cell.source.trim() !== "";
}

function fillMetadata(notebook: Notebook, kernel: KernelClient): void {
  const { metadata } = notebook;
  // another language's kernelspec beside this kernel's language would be a lie to whoever opens it next
  if (metadata.kernelspec === undefined || foreignLanguage(notebook) !== undefined) {
    metadata.kernelspec = { display_name: "Levada (TypeScript)", language: "typescript", name: "levada" };
  }
  metadata.language_info = kernel.info.language_info;
}
