/** The engine: cells run in a process of their own, which may loop, crash or exit; this side always settles. */

import { CellSyntaxError, rewriteCell } from "../language/rewrite.ts";
import { type Carried, type Described, ENGINE } from "./carried.ts";
import type { Evaluated } from "./cdp.ts";
import type { Cell, CellFailure, Engine, EngineEvents, Outcome } from "./engine.ts";
import { type EngineProcess, type ProcessEvents, startProcess } from "./engine_process.ts";
import { OutputQueue } from "./output_queue.ts";
import { failureOf, syntaxFailure } from "./traceback.ts";

/** How an engine is opened. */
export interface EngineOptions {
  /** The notebook's folder; default the current one. */
  readonly directory?: string;
}

const IDLE_MS = 20; // a process that does not turn its loop within this is in a loop of the cell's
const STOP_MS = 2_000; // how long a terminated cell may take to end before the process is killed

interface Running {
  readonly cell: Cell;
  readonly settle: (ending: Ending) => void;
  isInterrupted: boolean;
}

type Ending =
  | { readonly kind: "evaluated"; readonly evaluated: Evaluated }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "died"; readonly how: string }
  | { readonly kind: "interrupted" };

/** Runs cells in a process that it starts again when it is gone. */
export class WorkerEngine implements Engine {
  readonly #events: EngineEvents;
  readonly #directory: string;
  readonly #queue: OutputQueue;
  readonly #sources = new Map<string, string>();
  readonly #heard: ProcessEvents = {
    carried: (carried) => this.#take(carried),
    raw: (name, text) => this.#queue.push({ kind: "stream", execution: this.#latest, name, text }),
  };
  #process: EngineProcess | undefined;
  #running: Running | undefined;
  #latest = "";
  #isClosed = false;
  #cancelAnswer: (() => void) | undefined;

  constructor(events: EngineEvents, options: EngineOptions) {
    this.#events = events;
    this.#directory = options.directory ?? Deno.cwd();
    this.#queue = new OutputQueue((output) => events.output(output));
  }

  /** Starts the first process. */
  async start(): Promise<void> {
    const process = await startProcess(this.#directory, this.#heard);
    this.#process = process;
    void process.ended.then((how) => this.#running?.settle({ kind: "died", how }));
  }

  async run(cell: Cell): Promise<Outcome> {
    this.#latest = cell.execution;
    this.#sources.set(cell.execution, cell.code);
    let failure: CellFailure | undefined;
    try {
      failure = await this.#evaluate(cell);
    } catch (error) {
      failure = error instanceof CellSyntaxError ? syntaxFailure(error.message, cell.code, error.position) : {
        name: "EngineError",
        message: String(error),
        traceback: [`EngineError: ${error instanceof Error ? error.message : error}`],
      };
    }
    await this.#process?.drain(this.#heard);
    if (failure !== undefined) this.#queue.push({ kind: "error", execution: cell.execution, failure });
    await this.#queue.flush();
    return failure === undefined ? { status: "ok" } : { status: "error", failure };
  }

  async interrupt(): Promise<void> {
    const [running, process] = [this.#running, this.#process];
    if (running === undefined || process === undefined) return;
    if (running.isInterrupted) { // a second time: whatever holds the process, it goes
      await process[Symbol.asyncDispose]();
      return;
    }
    running.isInterrupted = true;
    this.#cancelAnswer?.();
    if (!await process.turns(IDLE_MS, `${ENGINE}.interrupt()`) && this.#running === running) {
      await process.terminate().catch(() => {});
      if (!await process.turns(STOP_MS)) await process[Symbol.asyncDispose]();
    }
    running.settle({ kind: "interrupted" });
  }

  async restart(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    await process?.[Symbol.asyncDispose]();
    if (!this.#isClosed) await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#process?.[Symbol.asyncDispose]();
    await this.#queue.flush();
  }

  async #evaluate(cell: Cell): Promise<CellFailure | undefined> {
    const rewritten = rewriteCell(cell.code, { directory: new URL(`file://${this.#directory}/`).href, engine: ENGINE });
    if (this.#process === undefined) await this.start();
    const process = this.#process!;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.#running = { cell, settle: resolve, isInterrupted: false };
    const { execution, cellId, count, silent, code } = cell;
    const shift = rewritten.origin({ line: 0, column: 0 }) === undefined
      ? 0
      : code.trimStart().startsWith("{") && rewritten.code.startsWith("await")
      ? 1
      : 0;
    process.evaluate(rewritten.code, {
      execution,
      cellId: cellId ?? null,
      count,
      silent,
      mappings: rewritten.mappings,
      shift,
    }).then(
      (evaluated) => resolve({ kind: "evaluated", evaluated }),
      async (error) => {
        const isGone = await Promise.race([process.ended.then(() => true), Promise.resolve(false)]);
        if (!isGone && !/is gone/.test(error.message)) resolve({ kind: "refused", message: error.message });
      },
    );
    const ending = await promise;
    this.#running = undefined;
    return await this.#failure(ending, process);
  }

  async #failure(ending: Ending, process: EngineProcess): Promise<CellFailure | undefined> {
    switch (ending.kind) {
      case "interrupted":
        return plain("Interrupted", "the cell was stopped; all variables are kept");
      case "refused":
        return plain("Unsettled", "the cell waits for a promise that nothing can settle any more");
      case "died":
        await this.restart();
        return plain(
          "EngineDied",
          `the process that runs cells ended with ${ending.how}; it has been started again, and its variables are gone`,
        );
      case "evaluated": {
        const { exceptionDetails } = ending.evaluated;
        if (exceptionDetails === undefined) return undefined;
        const { exception, text } = exceptionDetails;
        if (exception?.objectId === undefined) {
          return plain("Uncaught", String(exception?.value ?? exception?.description ?? text));
        }
        return failureOf(await process.describe(exception.objectId) as Described, this.#sources);
      }
    }
  }

  #take(carried: Carried): void {
    if (carried.kind === "mark") {
      void this.#queue.flush().then(() => this.#process?.tell({ kind: "taken" }));
    } else if (carried.kind === "ask") {
      void this.#ask(carried);
    } else {
      this.#queue.push(carried);
    }
  }

  async #ask({ execution, prompt, password }: Extract<Carried, { kind: "ask" }>): Promise<void> {
    await this.#queue.flush();
    const interrupted = new Promise<"interrupted">((resolve) => this.#cancelAnswer = () => resolve("interrupted"));
    const answer = await Promise.race([this.#events.input(execution, prompt, password), interrupted]);
    this.#cancelAnswer = undefined;
    await this.#process?.tell({
      kind: "answer",
      text: answer === "interrupted" ? null : answer ?? null,
      interrupted: answer === "interrupted",
    });
  }
}

function plain(name: string, message: string): CellFailure {
  return { name, message, traceback: [`${name}: ${message}`] };
}

/** Opens an engine; its process is up when it resolves. */
export async function openEngine(events: EngineEvents, options: EngineOptions = {}): Promise<Engine> {
  const engine = new WorkerEngine(events, options);
  await engine.start();
  return engine;
}
