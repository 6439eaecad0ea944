/** The engine: cells run in a process of their own, which may loop, crash or exit; this side always settles. */

import { pathToFileURL } from "node:url";
import type { JsxSetting } from "../language/jsx.ts";
import { CellSyntaxError, rewriteCell, type RewrittenCell } from "../language/rewrite.ts";
import { type Carried, ENGINE } from "./carried.ts";
import { CdpError, type Evaluated } from "./cdp.ts";
import type { Cell, CellFailure, Engine, EngineEvents, Outcome } from "./engine.ts";
import { type EngineProcess, type ProcessEvents, startProcess } from "./engine_process.ts";
import { CellRuns } from "./cell_runs.ts";
import { OutputQueue } from "./output_queue.ts";
import { describeThrown } from "./thrown.ts";
import { failureOf, syntaxFailure } from "./traceback.ts";

/** How an engine is opened. */
export interface EngineOptions {
  /** The notebook's folder; default the current one. */
  readonly directory?: string;
}

const IDLE_MS = 10; // a process that does not turn its loop within this is in a loop of the cell's
const LISTEN_MS = 100; // how late a person sees what a busy cell has printed
const TERMINATIONS = 8; // tries within the time below
const STOP_MS = 2_000; // how long a terminated cell may take to end before the process is killed

interface Running {
  readonly cell: Cell;
  readonly settle: (ending: Ending) => void;
  isInterrupted: boolean;
}

type Ending =
  | { readonly kind: "evaluated"; readonly evaluated: Evaluated }
  | { readonly kind: "refused" }
  | { readonly kind: "died"; readonly how: string }
  | { readonly kind: "interrupted" };

/** Runs cells in a process that it starts again when it is gone. */
export class WorkerEngine implements Engine {
  readonly #events: EngineEvents;
  readonly #directory: string;
  readonly #queue: OutputQueue;
  readonly #sources = new Map<string, string>();
  /** What ran in the present process. */
  #runs = new CellRuns();
  /** Runs that have been settled while their cell still waited: its result comes too late. */
  readonly #abandoned = new Set<string>();
  readonly #heard: ProcessEvents = {
    carried: (carried) => this.#take(carried),
    raw: (name, text) => this.#queue.push({ kind: "stream", execution: this.#latest, name, text }),
  };
  #process: EngineProcess | undefined;
  #running: Running | undefined;
  #stopping: Promise<void> | undefined;
  #latest = "";
  #isClosed = false;
  #cancelAnswer: (() => void) | undefined;
  #releaseMark: (() => void) | undefined;
  #jsx: JsxSetting | undefined;
  #goneBetweenCells: string | undefined;

  constructor(events: EngineEvents, options: EngineOptions) {
    this.#events = events;
    this.#directory = options.directory ?? Deno.cwd();
    this.#queue = new OutputQueue((output) => events.output(output));
  }

  /** Starts the first process. */
  async start(): Promise<void> {
    const process = await startProcess(this.#directory, this.#heard);
    this.#process = process;
    this.#runs = new CellRuns();
    void process.ended.then((how) => {
      if (this.#process !== process || this.#running !== undefined) return;
      this.#process = undefined;
      this.#goneBetweenCells = how;
    });
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
    this.#stopping = this.#stop(running, process);
    await this.#stopping;
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
    const rewritten = await rewriteCell(cell.code, {
      directory: `${pathToFileURL(this.#directory).href.replace(/\/$/, "")}/`,
      engine: ENGINE,
      jsx: this.#jsx,
    });
    this.#jsx = rewritten.jsx;
    if (this.#process === undefined) await this.start();
    this.#tellLoss(cell.execution);
    const process = this.#process!;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    const running: Running = { cell, settle: resolve, isInterrupted: false };
    this.#running = running;
    const { execution, cellId, count, silent } = cell;
    this.#runs.add(cell, rewritten.code);
    const { mappings, shift } = rewritten;
    process.evaluate(rewritten.code, {
      execution,
      cellId: cellId ?? null,
      count,
      silent,
      mappings,
      shift,
    }).then(
      (evaluated) => resolve({ kind: "evaluated", evaluated }),
      async (error) => {
        if (error instanceof CdpError && error.isGone) resolve({ kind: "died", how: await process.ended });
        else if (!running.isInterrupted) resolve({ kind: "refused" }); // else `interrupt` settles, when it knows how
      },
    );
    await this.#listen(promise, process, running);
    const ending = await promise;
    this.#running = undefined;
    await this.#stopping; // what is to end this cell must not meet the next one
    this.#stopping = undefined;
    const isStopped = running.isInterrupted && ending.kind === "evaluated" && ending.evaluated.exceptionDetails;
    return await this.#failure(isStopped ? { kind: "interrupted" } : ending, process, { cell, rewritten });
  }

  /** Has a cell end, or else its process; settles when nothing of that can meet the next cell. */
  async #stop(running: Running, process: EngineProcess): Promise<void> {
    this.#cancelAnswer?.();
    this.#releaseMark?.();
    const turns = process.interrupt();
    let state = await within(turns, IDLE_MS);
    let isTerminated = false;
    // V8 can lose one when it answers something else in that moment; a cell that has ended meanwhile needs none
    for (let tries = 0; state === undefined && tries < TERMINATIONS; tries++) {
      if (this.#running === running) {
        process.terminate().catch(() => {}); // gone or deaf: `turns` tells
        isTerminated = true;
      }
      state = await within(turns, STOP_MS / TERMINATIONS);
    }
    if (state === true) {
      if (isTerminated) await process.spendTermination();
      return running.settle({ kind: "interrupted" });
    }
    await process[Symbol.asyncDispose](); // a timer's code or a native call: V8 cannot stop it alone
    running.settle({ kind: "died", how: await process.ended });
  }

  /** Asks a cell for what it has printed: in a loop that lets no timer run, the process does not send it by itself. */
  async #listen(ending: Promise<Ending>, process: EngineProcess, running: Running): Promise<void> {
    while (await within(ending, LISTEN_MS) === undefined && !running.isInterrupted) {
      await Promise.race([ending, process.collect(this.#heard).catch(() => ending)]);
    }
  }

  /** A process that ended between two cells has nobody to tell but the next one. */
  #tellLoss(execution: string): void {
    const how = this.#goneBetweenCells;
    if (how === undefined) return;
    this.#goneBetweenCells = undefined;
    const text = `The process that runs cells ended with ${how} after the last cell: its variables are gone\n`;
    this.#queue.push({ kind: "stream", execution, name: "stderr", text });
  }

  async #failure(
    ending: Ending,
    process: EngineProcess,
    { cell, rewritten }: { cell: Cell; rewritten: RewrittenCell },
  ): Promise<CellFailure | undefined> {
    switch (ending.kind) {
      case "interrupted":
        this.#abandoned.add(cell.execution);
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
        return failureOf(await describeThrown(exceptionDetails, process, { cell, rewritten }), this.#sources);
      }
    }
  }

  #take(carried: Carried): void {
    if (carried.kind === "mark") {
      void this.#mark(carried.number);
    } else if (carried.kind === "ask") {
      void this.#ask(carried);
    } else if (carried.kind === "notebook") {
      void this.#process?.answer(carried, this.#runs);
    } else if (carried.kind !== "result" || !this.#abandoned.has(carried.execution)) {
      this.#queue.push(carried);
    }
  }

  /** The process waits until everything so far has been taken, or until the person stops the cell. */
  async #mark(number: number): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#releaseMark = resolve);
    await Promise.race([this.#queue.flush(), stopped]);
    this.#releaseMark = undefined;
    await this.#process?.tell({ kind: "taken", number });
  }

  async #ask({ number, execution, prompt, password }: Extract<Carried, { kind: "ask" }>): Promise<void> {
    await this.#queue.flush();
    const interrupted = new Promise<"interrupted">((resolve) => this.#cancelAnswer = () => resolve("interrupted"));
    const answer = await Promise.race([this.#events.input(execution, prompt, password), interrupted]);
    this.#cancelAnswer = undefined;
    await this.#process?.tell({
      kind: "answer",
      number,
      text: answer === "interrupted" ? null : answer ?? null,
      interrupted: answer === "interrupted",
    });
  }
}

/** What a promise gives within a time, else undefined. */
async function within<Value>(promise: Promise<Value>, timeMs: number): Promise<Value | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), timeMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
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
