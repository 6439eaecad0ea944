/** One engine process: starts it, evaluates in it, and tells when it is gone. */

import { fileURLToPath, pathToFileURL } from "node:url";
import { type Carried, CARRIER, ENGINE, type Question, type Run, type Told } from "./carried.ts";
import { CdpClient, CdpError, type CdpMethods, type Evaluated } from "./cdp.ts";
import type { CellRuns } from "./cell_runs.ts";
import { answerNotebook } from "./answer_notebook.ts";
import { importArguments } from "./import_map.ts";
import { readPipe } from "./pipe.ts";
import { CELL_SCHEME } from "./stack.ts";
import { watchOver } from "./watch.ts";

/** What an engine process tells. */
export interface ProcessEvents {
  carried(carried: Carried): void;
  /** Text that was written to the raw pipes, past the console. */
  raw(name: "stdout" | "stderr", text: string): void;
}

const BOOTSTRAP = fileURLToPath(new URL("bootstrap.ts", import.meta.url));
const LEAVING = /Waiting for the debugger to disconnect\.\.\.\n*|Debugger session ended\n*/;
const FETCHING = /^(?:Download|Initialize) (?:https?:|npm:)\S+\n/gm; // Deno's own, about packages; `--quiet` would hide the inspector too
const FENCE_MS = 1_000; // a pipe that a cell has closed never brings its fence
const LEFT_MS = 100; // after its end: what it wrote has come, or another process holds the pipes open
const ALONE_MS = 2_000; // what wants to end has ended by then
const READY_POLL_MS = 2;
const START_MS = 60_000; // the first start may have to fetch packages

/** A running engine process. */
export class EngineProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #cdp: CdpClient;
  readonly #token: string;
  readonly #scripts: ReadonlyMap<string, string>;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #fences = new Map<number, { left: number; done: () => void }>();
  readonly #left = new AbortController();
  #lastFence = 0;
  #isQuiet = true;
  #isGone = false;

  /** Settles when the process has ended, with what is known of why. */
  readonly ended: Promise<string>;

  constructor(parts: Started, events: ProcessEvents) {
    const { child, cdp, token, stderr, scripts } = parts;
    this.#child = child;
    this.#cdp = cdp;
    this.#token = token;
    this.#scripts = scripts;
    this.#stdin = child.stdin.getWriter();
    void cdp.closed.then(() => this.#endSoon()); // nobody hears it any more: its cells would run for ever
    const watch = watchOver(child.pid);
    const pipes = Promise.all([this.#follow("stdout", child.stdout, events), this.#follow("stderr", stderr, events)]);
    this.ended = child.status.then(async (status) => {
      await watch[Symbol.asyncDispose]();
      const timer = setTimeout(() => this.#left.abort(), LEFT_MS);
      await pipes;
      clearTimeout(timer);
      await cdp.closed;
      await this.#stdin.close().catch(() => {}); // the other side is closed already
      for (const { done } of this.#fences.values()) done();
      return status.signal === null ? `exit code ${status.code}` : `signal ${status.signal}`;
    });
  }

  /** What was written before the first fence is Deno's own, about its inspector. */
  async hush(events: ProcessEvents): Promise<void> {
    await this.drain(events);
    this.#isQuiet = false;
  }

  /** Runs a cell's script; settles when it has ended, and rejects with a `CdpError` when the process is gone. */
  evaluate(code: string, run: Run): Promise<Evaluated> {
    const expression = `"use strict";await ${ENGINE}.begin(${
      JSON.stringify(run)
    });\n${code}\n//# sourceURL=${CELL_SCHEME}${encodeURIComponent(run.execution)}`;
    return this.#cdp.call("Runtime.evaluate", { expression, replMode: true, awaitPromise: true });
  }

  /** Tells the cell to stop; true when the event loop turns after that, false when the process cannot go on. */
  async interrupt(): Promise<boolean> {
    const asked = { expression: `${ENGINE}.interrupt()`, awaitPromise: true };
    while (await this.#isTerminated(asked)) { /* a termination met this instead of the cell */ }
    return !this.#isGone;
  }

  /** Ends what runs now; the state stays. */
  async terminate(): Promise<void> {
    await this.#cdp.call("Runtime.terminateExecution", {});
  }

  /** Has a termination that came too late for its cell end code of no consequence, not the next cell's. */
  async spendTermination(): Promise<void> {
    while (await this.#isTerminated({ expression: "(() => 0)()" })) { /* that was it, or one of them */ }
  }

  /** What an error in the process says of itself. */
  async describe(objectId: string): Promise<unknown> {
    const { result } = await this.#cdp.call("Runtime.callFunctionOn", {
      functionDeclaration: `function(){return ${ENGINE}.describe(this)}`,
      objectId,
      returnByValue: true,
    });
    return result.value;
  }

  /** Asks for what the process has said and not sent; V8 answers also while a cell loops. */
  async collect(events: ProcessEvents): Promise<void> {
    await this.#askFor(`${ENGINE}.collect()`, events);
  }

  /** Waits until everything that the process has said, and written to the raw pipes, has come. */
  async drain(events: ProcessEvents): Promise<void> {
    const number = ++this.#lastFence;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FENCE_MS);
    this.#fences.set(number, { left: 2, done: resolve });
    await this.#askFor(`${ENGINE}.drain(${JSON.stringify(this.#token)},${number})`, events).catch(() => resolve());
    await promise;
    clearTimeout(timer);
    this.#fences.delete(number);
  }

  /** Says a line to a process that waits for it. */
  async tell(told: Told): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${JSON.stringify(told)}\n`)).catch(() => {}); // gone: `ended` tells
  }

  /** Answers what a library in the process asks about the notebook. */
  async answer(question: Question, runs: CellRuns): Promise<void> {
    await answerNotebook(question, { cdp: this.#cdp, runs, scripts: this.#scripts }).catch(() => {}); // gone: nobody waits
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await this.ended;
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has ended by itself
    }
  }

  #endSoon(): void {
    const timer = setTimeout(() => this.#kill(), ALONE_MS);
    void this.#child.status.finally(() => clearTimeout(timer));
  }

  /** Runs code of ours, and tells whether a termination met it. */
  async #isTerminated(asked: CdpMethods["Runtime.evaluate"][0]): Promise<boolean> {
    try {
      await this.#cdp.call("Runtime.evaluate", asked);
      return false;
    } catch (error) {
      this.#isGone ||= error instanceof CdpError && error.isGone;
      return !this.#isGone;
    }
  }

  /** Asks for what has been said; it is heard before what the process says after that. */
  async #askFor(expression: string, events: ProcessEvents): Promise<void> {
    await this.#cdp.call("Runtime.evaluate", { expression, returnByValue: true }, ({ result }) => {
      if (typeof result.value === "string") hear(result.value, events);
    });
  }

  /** The process wants to end, and waits for that. An answer comes behind its last words, which closing at once could lose. */
  async #letGo(): Promise<void> {
    const timer = setTimeout(() => void this.#cdp.close(), LEFT_MS);
    await this.#cdp.call("Runtime.enable", {}).catch(() => {}); // gone already
    clearTimeout(timer);
    await this.#cdp.close();
  }

  async #follow(name: "stdout" | "stderr", pipe: ReadableStream<Uint8Array>, events: ProcessEvents): Promise<void> {
    await readPipe(pipe, this.#token, {
      text: (text) => {
        const rest = name === "stderr" ? text.replaceAll(FETCHING, "") : text;
        const own = name === "stderr" ? rest.replace(LEAVING, "") : rest;
        if (own !== rest) void this.#letGo();
        if (!this.#isQuiet && own !== "") events.raw(name, own);
      },
      fence: (number) => {
        const fence = this.#fences.get(number);
        if (fence !== undefined && --fence.left === 0) fence.done();
      },
    }, this.#left.signal);
  }
}

function hear(said: string | undefined, events: ProcessEvents): void {
  for (const carried of JSON.parse(said ?? "[]") as Carried[]) events.carried(carried);
}

interface Started {
  readonly child: Deno.ChildProcess;
  readonly cdp: CdpClient;
  readonly token: string;
  readonly stderr: ReadableStream<Uint8Array>;
  /** The URLs of its scripts by their ids, as far as the debugger has been asked for them. */
  readonly scripts: ReadonlyMap<string, string>;
}

/**
 * Starts an engine process.
 *
 * @param directory The notebook's folder.
 * @throws {Error} If it does not come up; with what it wrote.
 */
export async function startProcess(directory: string, events: ProcessEvents): Promise<EngineProcess> {
  const base = `${pathToFileURL(directory).href.replace(/\/$/, "")}/`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--inspect=127.0.0.1:0", ...await importArguments(directory), BOOTSTRAP, base],
    cwd: directory,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { url, rest } = await inspectorUrl(child);
  const scripts = new Map<string, string>();
  const cdp = await CdpClient.connect(url, (method, params) => {
    const { name, payload, scriptId, url } = params as Record<string, string | undefined>;
    if (method === "Runtime.bindingCalled" && name === CARRIER) hear(payload, events);
    if (method === "Debugger.scriptParsed") scripts.set(scriptId!, url!);
  });
  await cdp.call("Runtime.enable", {});
  await cdp.call("Runtime.addBinding", { name: CARRIER });
  const process = new EngineProcess({ child, cdp, token: crypto.randomUUID(), stderr: rest, scripts }, events);
  await ready(process, cdp);
  await process.hush(events);
  return process;
}

/**
 * Waits until the bootstrap has run. It is asked again and again, and by a mere look: code of ours that runs while Deno is still
 * loading its own (a timer is enough) can meet it halfway, and the process ends with "Circular dependency detected".
 */
async function ready(process: EngineProcess, cdp: CdpClient): Promise<void> {
  const expression = `"${ENGINE}" in globalThis`;
  for (;;) {
    const isUp = cdp.call("Runtime.evaluate", { expression }).then(({ result }) => result.value === true);
    const state = await Promise.race([isUp.catch(() => process.ended), process.ended]);
    if (state === true) return;
    if (state !== false) throw new CdpError(`Cannot start the engine process: it ended with ${state}`);
    await new Promise((again) => setTimeout(again, READY_POLL_MS));
  }
}

/** Reads the inspector's address from the process's first lines; `rest` is what follows. */
async function inspectorUrl(child: Deno.ChildProcess): Promise<{ url: string; rest: ReadableStream<Uint8Array> }> {
  const reader = child.stderr.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      clearTimeout(timer);
      await Promise.all([child.status, child.stdout.cancel(), child.stdin.close()]);
      throw new Error(`Cannot start the engine process: ${text.trim() || "it ended without a word"}`);
    }
    text += decoder.decode(value, { stream: true });
    const url = /Debugger listening on (ws:\/\/\S+)\s/.exec(text)?.[1];
    if (url === undefined) continue;
    clearTimeout(timer);
    reader.releaseLock();
    return { url, rest: child.stderr };
  }
}
