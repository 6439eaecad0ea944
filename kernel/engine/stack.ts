/** Stack traces of the engine process, in the cells' own lines. Runs in the engine process. */

import { textOf } from "../show/bundle.ts";
import { traceBack } from "../language/positions.ts";
import type { Described, Frame, Run } from "./carried.ts";

/** How V8 calls a cell's script: this and the run's name. */
export const CELL_SCHEME = "levada-cell:";

/** Lines before the cell's code in its script. */
export const PREFIX_LINES = 1;

const CAUSES = 5; // of each error, and of causes of causes

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

  /** What a person is told of anything that was thrown; nothing that the value does can throw out of here. */
  describe(thrown: unknown, depth = 0): Described {
    if (!(thrown instanceof Error)) {
      return { name: "Uncaught", message: textOf(thrown).slice(0, 1_000), frames: [], causes: [] };
    }
    read(thrown, "stack"); // writes the trace, if nobody has asked for it yet
    const causes = depth >= CAUSES ? [] : causesOf(thrown).map((cause) => this.describe(cause, depth + 1));
    const [name, message] = [read(thrown, "name"), read(thrown, "message")];
    return {
      name: typeof name === "string" ? name : "Error",
      message: typeof message === "string" ? message : textOf(message),
      frames: this.#frames.get(thrown) ?? [],
      causes,
    };
  }

  /** The run in whose code an error was made. */
  executionOf(thrown: unknown): string | undefined {
    return this.describe(thrown).frames.find(({ execution }) => execution !== undefined)?.execution;
  }

  #frame(site: CallSite): Frame | undefined {
    const file = site.getScriptNameOrSourceURL() ?? "";
    const [line, column] = [site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0];
    const name = site.getFunctionName() ?? "";
    if (file.startsWith(CELL_SCHEME)) {
      const execution = decodeURIComponent(file.slice(CELL_SCHEME.length));
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

function causesOf(error: Error): unknown[] {
  const cause = read(error, "cause");
  const errors = read(error, "errors");
  return [...(cause === undefined ? [] : [cause]), ...(Array.isArray(errors) ? errors.slice(0, CAUSES) : [])];
}

function read(error: Error, key: "name" | "message" | "cause" | "errors" | "stack"): unknown {
  try {
    return Reflect.get(error, key);
  } catch (failure) {
    return key === "message" ? `(its message cannot be read: ${failure})` : undefined;
  }
}

function headOf(error: Error): string {
  try {
    return `${error.name}${error.message === "" ? "" : `: ${error.message}`}`;
  } catch {
    return "Error";
  }
}
