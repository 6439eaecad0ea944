/** Runs inside the engine process: names the places of errors in the cells' own lines. */
import { traceBack } from "../language/positions.ts";
import type { Described, Frame, Run } from "./carried.ts";

const URL_OF_CELL = "levada-cell:";
const CAUSES_AT_MOST = 8;
const FRAMES_AT_MOST = 50;
const PRELUDE_LINES = 1; // the kernel puts one line in front of the cell's code

/** The URL under which V8 knows a run of a cell. */
export function cellUrl(execution: string): string {
  return URL_OF_CELL + encodeURIComponent(execution);
}

interface CallSite {
  getFunctionName(): string | null;
  getFileName(): string | null;
  getScriptNameOrSourceURL(): string | null;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
}

interface KnownRun {
  readonly run: Run;
  readonly trace: ReturnType<typeof traceBack>;
}

const INSIDE = new URL("..", import.meta.url).href; // the kernel's own files

/** Knows the runs of cells and makes stack traces from them. */
export class Frames {
  readonly #runs = new Map<string, KnownRun>();
  readonly #frames = new WeakMap<object, Frame[]>();

  /** Takes over `error.stack` for the whole process. */
  install(): void {
    const prepare = (error: object, sites: CallSite[]): string => {
      const frames = sites.flatMap((site) => this.#frame(site));
      this.#frames.set(error, frames);
      return [header(error), ...frames.map((frame) => `    at ${frameText(frame)}`)].join("\n");
    };
    Object.defineProperty(Error, "prepareStackTrace", { value: prepare, writable: true, configurable: true });
  }

  add(run: Run): void {
    this.#runs.set(cellUrl(run.execution), { run, trace: traceBack(run.mappings) });
  }

  /** The run whose code stands nearest to where an error was made. */
  executionOf(error: unknown): string | undefined {
    return this.#framesOf(error).find((frame) => frame.execution !== undefined)?.execution;
  }

  /** Tells all about something that was thrown; nothing that the value does can throw out of here. */
  describe(thrown: unknown, depth = 0): Described {
    const isObject = typeof thrown === "object" && thrown !== null;
    const read = (key: string): unknown => {
      try {
        return isObject ? Reflect.get(thrown, key) : undefined;
      } catch {
        return undefined; // a getter of the user's that throws says nothing
      }
    };
    const name = read("name");
    const message = read("message");
    const isError = isObject && typeof message === "string" && typeof name === "string";
    const cause = read("cause");
    return {
      name: isError ? name : "Uncaught",
      message: isError ? message : inspect(thrown),
      frames: this.#framesOf(thrown).slice(0, FRAMES_AT_MOST),
      cause: cause === undefined || depth >= CAUSES_AT_MOST ? undefined : this.describe(cause, depth + 1),
    };
  }

  #framesOf(error: unknown): Frame[] {
    if (typeof error !== "object" || error === null) return [];
    try {
      void (error as { stack?: unknown }).stack; // V8 makes the trace when it is first read
    } catch {
      return [];
    }
    return this.#frames.get(error) ?? [];
  }

  #frame(site: CallSite): Frame[] {
    const url = site.getScriptNameOrSourceURL?.() ?? site.getFileName() ?? "";
    const name = site.getFunctionName() ?? "";
    const line = site.getLineNumber();
    const column = site.getColumnNumber();
    if (line === null || column === null || line === undefined || column === undefined) return [];
    const known = this.#runs.get(url);
    if (known !== undefined) {
      const place = known.trace({ line: line - 1 - PRELUDE_LINES, column: column - 1 });
      if (place === undefined) return [];
      const shift = place.line === 0 ? known.run.shift : 0;
      const { execution, count } = known.run;
      const position = { line: place.line + 1, column: Math.max(1, place.column + 1 - shift) };
      return [{ name: name === "eval" ? "" : name, execution, place: `cell [${count}]`, ...position }];
    }
    if (!url.startsWith("file:") || url.startsWith(INSIDE)) return [];
    return [{ name, execution: undefined, place: decodeURI(url), line, column }];
  }
}

/** One frame as a line of a stack trace, without the `at`. */
export function frameText({ name, place, line, column }: Frame): string {
  return name ? `${name} (${place}:${line}:${column})` : `${place}:${line}:${column}`;
}

function header(error: object): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

function inspect(value: unknown): string {
  try {
    return Deno.inspect(value, { colors: false });
  } catch (error) {
    return `a value that cannot be shown: ${error}`;
  }
}
