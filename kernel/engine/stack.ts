/** Stack traces of the engine process, in the cells' own lines. Runs in the engine process. */

import { traceBack } from "../language/positions.ts";
import type { Described, Frame, Run } from "./carried.ts";

/** How V8 calls a cell's script: this and the run's name. */
export const CELL_SCHEME = "levada-cell:";

/** Lines before the cell's code in its script. */
export const PREFIX_LINES = 1;

interface CallSite {
  getFunctionName(): string | null;
  getScriptNameOrSourceURL(): string | null;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
}

type Trace = (place: { line: number; column: number }) => { line: number; column: number } | undefined;

const HIDDEN = new URL("../", import.meta.url).href; // the kernel's own files

/** Remembers runs, and tells the frames of errors. */
export class Stacks {
  readonly #runs = new Map<string, { readonly count: number; readonly shift: number; readonly trace: Trace }>();
  readonly #frames = new WeakMap<object, readonly Frame[]>();

  /** Takes over the writing of stack traces. */
  install(): void {
    (Error as { prepareStackTrace?: unknown }).prepareStackTrace = (error: Error, sites: readonly CallSite[]) => {
      const frames = sites.flatMap((site) => this.#frame(site) ?? []);
      this.#frames.set(error, frames);
      const lines = frames.map(({ name, place, line, column }) =>
        `    at ${name || "<cell>"} (${place}:${line}:${column})`
      );
      return [headOf(error), ...lines].join("\n");
    };
  }

  /** A cell is about to run. */
  remember({ execution, count, mappings, shift }: Run): void {
    this.#runs.set(execution, { count, shift, trace: traceBack(mappings) });
  }

  /** What a person is told of anything that was thrown. */
  describe(thrown: unknown, depth = 0): Described {
    if (!(thrown instanceof Error)) {
      return {
        name: "Uncaught",
        message: Deno.inspect(thrown, { colors: false }).slice(0, 1_000),
        frames: [],
        cause: undefined,
      };
    }
    void thrown.stack; // writes the trace, if nobody has asked for it yet
    return {
      name: String(thrown.name),
      message: String(thrown.message),
      frames: this.#frames.get(thrown) ?? [],
      cause: thrown.cause === undefined || depth >= 5 ? undefined : this.describe(thrown.cause, depth + 1),
    };
  }

  #frame(site: CallSite): Frame | undefined {
    const file = site.getScriptNameOrSourceURL() ?? "";
    const [line, column] = [site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0];
    const name = site.getFunctionName() ?? "";
    if (file.startsWith(CELL_SCHEME)) {
      const execution = file.slice(CELL_SCHEME.length);
      const run = this.#runs.get(execution);
      const place = run?.trace({ line: line - 1 - PREFIX_LINES, column: column - 1 });
      if (run === undefined || place === undefined) return undefined;
      const shifted = place.line === 0 ? Math.max(0, place.column - run.shift) : place.column;
      return { name, execution, place: `cell [${run.count}]`, line: place.line + 1, column: shifted + 1 };
    }
    if (!/^(file|https?|data):/.test(file) || file.startsWith(HIDDEN)) return undefined;
    return {
      name,
      execution: undefined,
      place: file.startsWith("file:") ? new URL(file).pathname : file,
      line,
      column,
    };
  }
}

function headOf(error: Error): string {
  try {
    return `${error.name}${error.message === "" ? "" : `: ${error.message}`}`;
  } catch {
    return "Error";
  }
}
