/**
 * The engine process, before any cell: what cells print, show and ask goes to the kernel over the inspector's binding, in order
 * with the results. Started by `engine_process.ts`.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { Console } from "node:console";
import { EventEmitter } from "node:events";
import { setImmediate } from "node:timers";
import { CarrierBuffer } from "./carrier_buffer.ts";
import { type Carried, type Described, ENGINE, type Run, type Told } from "./carried.ts";
import { jupyterNamespace } from "./jupyter_namespace.ts";
import { NotebookSide } from "./notebook_side.ts";
import { fenceText } from "./pipe.ts";
import { Stacks } from "./stack.ts";
import { captureWrites } from "./writes.ts";

const AHEAD_CHARACTERS = 4 << 20; // what may be on its way to the kernel before the process waits: bounds its memory
const CELL = Symbol.for("levada.cell");
const CELLS = Symbol.for("levada.cells");
const NOTEBOOK = Symbol.for("levada.notebook");

/** What the kernel's evaluations call. */
class CellHost {
  readonly #runs = new AsyncLocalStorage<Run>();
  readonly #stacks = new Stacks();
  #latest: Run | undefined;
  readonly #buffer = new CarrierBuffer();
  readonly #raw = [Deno.stdout.writeSync.bind(Deno.stdout), Deno.stderr.writeSync.bind(Deno.stderr)];
  readonly #setTimeout = setTimeout;
  #lastNumber = 0;
  readonly #setImmediate = setImmediate;
  /** The latest execution of each cell, by id: tells a library that what a cell did before is to be forgotten. */
  readonly #executions = new Map<string, number>();
  #abort = new AbortController();
  /** What a library may ask about the notebook. */
  readonly notebook: NotebookSide = new NotebookSide((question) => {
    this.#buffer.put(question);
    this.#buffer.send();
  });
  /** What `import.meta` is in a cell. */
  readonly meta: object;

  constructor(readonly directory: string) {
    this.meta = {
      url: directory,
      dirname: Deno.cwd(),
      filename: Deno.cwd(),
      main: false,
      resolve: (specifier: string) => this.resolve(specifier),
    };
  }

  /**
   * A cell is about to run: from here on, what happens belongs to it. Settles in the next turn of the event loop: what runs before
   * may run inside Deno's handling of a message of the inspector, where no other message is heard and nothing can be stopped.
   */
  begin(run: Run): Promise<void> {
    this.#latest = run;
    this.#runs.enterWith(run);
    this.#stacks.remember(run);
    this.#abort = new AbortController();
    (globalThis as { [CELL]?: unknown })[CELL] = run.cellId === null
      ? undefined
      : { id: run.cellId, execution: run.count };
    if (run.cellId !== null) this.#executions.set(run.cellId, run.count);
    return new Promise((resolve) => this.#setImmediate(resolve));
  }

  /** The value of a cell's last expression. */
  async result(value: unknown): Promise<void> {
    if (value === undefined) return;
    const run = this.#run();
    if (run === undefined || run.silent) return;
    const { bundleOf } = await import("../show/bundle.ts");
    const data = await bundleOf(value);
    if (Object.keys(data).length > 0) this.say({ kind: "result", execution: run.execution, data, metadata: {} });
  }

  /** Makes a relative specifier of a dynamic import absolute. */
  resolve(specifier: unknown): string {
    const text = String(specifier);
    return /^\.{0,2}\//.test(text) ? new URL(text, this.directory).href : text;
  }

  describe(thrown: unknown): Described {
    return this.#stacks.describe(thrown);
  }

  /** The person stops the cell. Settles when the event loop has turned. */
  interrupt(): Promise<void> {
    const turned = new Promise<void>((resolve) => this.#setTimeout(resolve, 0));
    this.#abort.abort(new DOMException("The cell was interrupted", "AbortError"));
    return turned;
  }

  /** Gives what has not been said yet. V8 asks in the midst of a cell's loop, which may be in the midst of `put`. */
  collect(): string {
    return this.#buffer.isPutting ? "[]" : this.#buffer.take();
  }

  /** Gives what has not been said yet, and marks the end of what was written to the raw pipes. */
  drain(token: string, number: number): string {
    const bytes = new TextEncoder().encode(fenceText(token, number));
    for (const write of this.#raw) write(bytes);
    return this.#buffer.take();
  }

  install(): void {
    this.#stacks.install();
    Deno.addSignalListener("SIGINT", () => {}); // Jupyter signals the whole group: it is the kernel that ends the cell
    captureWrites((name, text) => this.print(name, text));
    const write = (name: "stdout" | "stderr") =>
      Object.assign(new EventEmitter(), { write: (text: string) => this.print(name, text) });
    const console = new Console({ stdout: write("stdout"), stderr: write("stderr"), colorMode: false } as never);
    Object.defineProperty(globalThis, "console", {
      value: console,
      writable: true,
      configurable: true,
      enumerable: false,
    });
    Deno.jupyter = jupyterNamespace((carried) => this.sayFor(carried)) as never;
    globalThis.prompt = (message = "Prompt", fallback = "", { password = false } = {}) => {
      const given = this.ask(message === "" ? "" : `${message} `, password);
      return given === null || given === "" ? fallback || given : given;
    };
    globalThis.confirm = (message = "Confirm") => /^y/i.test(this.ask(`${message} [y/N] `, false) ?? "");
    globalThis.alert = (message = "Alert") => this.print("stdout", `${message}\n`);
    globalThis.addEventListener("unload", () => this.#buffer.send()); // the last words before Deno.exit
    globalThis.addEventListener("error", (event) => {
      event.preventDefault();
      this.#uncaught("Uncaught", event.error);
    });
    globalThis.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      this.#uncaught("Uncaught (in promise)", event.reason);
    });
    Object.defineProperty(globalThis, CELLS, { value: this.#executions, enumerable: false });
    Object.defineProperty(globalThis, NOTEBOOK, { value: this.notebook.view, enumerable: false });
    const levada = {
      get signal() {
        return engine.#abort.signal;
      },
      get cell() {
        return (globalThis as { [CELL]?: unknown })[CELL];
      },
    };
    Object.defineProperty(globalThis, "levada", {
      value: levada,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }

  /** Says text of a stream for the cell that caused it. */
  print(name: "stdout" | "stderr", text: string): boolean {
    const run = this.#run();
    if (run !== undefined && text !== "") this.say({ kind: "stream", execution: run.execution, name, text });
    return true;
  }

  /** Says something for the cell that caused it. */
  sayFor(carried: object): void {
    const run = this.#run();
    if (run !== undefined) this.say({ ...carried, execution: run.execution } as Carried);
  }

  say(carried: Carried): void {
    this.#buffer.put(carried);
    if (this.#buffer.ahead < AHEAD_CHARACTERS) return;
    const number = ++this.#lastNumber;
    this.#buffer.put({ kind: "mark", number });
    this.#buffer.send();
    this.#buffer.ahead = 0;
    readTold(number);
  }

  /** Asks the person, and waits. */
  ask(prompt: string, password: boolean): string | null {
    const run = this.#run();
    if (run === undefined) return null;
    const number = ++this.#lastNumber;
    this.say({ kind: "ask", number, execution: run.execution, prompt, password });
    this.#buffer.send();
    const told = readTold(number);
    if (told.kind !== "answer") return null;
    if (told.interrupted) throw new DOMException("The question was interrupted", "AbortError");
    return told.text;
  }

  #run(): Run | undefined {
    return this.#runs.getStore() ?? this.#latest;
  }

  #uncaught(how: string, thrown: unknown): void {
    const { name, message, frames } = this.describe(thrown);
    const execution = this.#runs.getStore()?.execution ?? this.#stacks.executionOf(thrown) ?? this.#latest?.execution;
    if (execution === undefined) return;
    const lines = frames.map((frame) =>
      `    at ${frame.name || "<cell>"} (${frame.place}:${frame.line}:${frame.column})`
    );
    const text = `${[`${how} ${name}: ${message}`, ...lines].join("\n")}\n`;
    this.say({ kind: "stream", execution, name: "stderr", text });
  }
}

/** Reads lines from the kernel up to the one with this number; the process does nothing else meanwhile. */
function readTold(number: number): Told {
  let bytes: number[] = [];
  const byte = new Uint8Array(1);
  for (;;) {
    if (Deno.stdin.readSync(byte) === null) Deno.exit(1); // the kernel is gone
    if (byte[0] !== 10) {
      bytes.push(byte[0]!);
      continue;
    }
    const told = parseTold(new TextDecoder().decode(new Uint8Array(bytes)));
    if (told?.number === number) return told;
    bytes = [];
  }
}

/** A line, or undefined for the rest of one whose reader was stopped. */
function parseTold(line: string): Told | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const engine = new CellHost(Deno.args[0]!);
engine.install();
Object.defineProperty(globalThis, ENGINE, { value: engine, enumerable: false });
const kernel = Deno.ppid;
// Waits for cells as long as there is a kernel. `watch.ts` also ends a process whose cell is in a loop, but not on Windows, and not
// when its shell has been killed: then a timer or a server of a cell would keep this process for ever.
setInterval(() => Deno.ppid === kernel || Deno.exit(1), 1_000);
