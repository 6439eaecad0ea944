/** Runs cells: numbers them, hands them to the engine, and publishes what they put out, each output with its cell as parent. */

import { z } from "zod";
import type { Engine, EngineEvents, Outcome, Output } from "../engine/engine.ts";
import type { History } from "./history.ts";
import { failureContent, publicationOf } from "./publication.ts";
import type { Questions } from "./questions.ts";
import type { Reply, Request } from "./request.ts";
import type { Speaker } from "./speaker.ts";

/** Starts the engine. */
export type OpenEngine = (events: EngineEvents) => Promise<Engine>;

/** What an `execute_request` asks for; what a client leaves out has the protocol's default. */
export const EXECUTE_REQUEST = z.object({
  code: z.string(),
  silent: z.boolean().default(false),
  store_history: z.boolean().default(true),
  user_expressions: z.record(z.string(), z.string()).nullish(),
  allow_stdin: z.boolean().default(true),
  stop_on_error: z.boolean().default(true),
});

/** One evaluation. It is kept when it has ended: a timer that it set may still print. */
interface Run {
  readonly request: Request;
  readonly count: number;
  readonly purpose: "cell" | "silent" | "expression";
  readonly allowStdin: boolean;
  result?: Extract<Output, { kind: "result" }>;
}

const KEPT_RUNS = 10_000; // so many runs find the parent of what they print late; then it is the newest run's

/** One engine and the cells that ran in it. */
export class CellRunner implements EngineEvents, AsyncDisposable {
  readonly #speaker: Speaker;
  readonly #history: History;
  readonly #questions: Questions;
  readonly #engine: Promise<Engine>;
  readonly #runs = new Map<string, Run>();
  #interrupt: Promise<void> | undefined;
  #stored = 0;
  #started = 0;

  constructor(parts: { speaker: Speaker; history: History; questions: Questions }, openEngine: OpenEngine) {
    this.#speaker = parts.speaker;
    this.#history = parts.history;
    this.#questions = parts.questions;
    this.#engine = openEngine(this);
    this.#engine.catch(() => {}); // the first cell tells it
  }

  /** Answers an `execute_request`; everything that the cell put out is published before. */
  async execute(request: Request, asked: z.infer<typeof EXECUTE_REQUEST>): Promise<Reply> {
    const isStored = asked.store_history && !asked.silent;
    const count = isStored ? ++this.#stored : this.#stored + 1;
    const setOutput = isStored ? this.#history.add(count, asked.code) : undefined;
    if (!asked.silent) {
      const content = { code: asked.code, execution_count: count };
      await this.#speaker.publish("execute_input", content, { parent: request.message.header });
    }
    const run: Run = {
      request,
      count,
      purpose: asked.silent ? "silent" : "cell",
      allowStdin: asked.allow_stdin,
    };
    const outcome = await this.#evaluate(asked.code, run);
    setOutput?.(textOf(run));
    if (outcome.status === "error") {
      return { status: "error", execution_count: count, ...failureContent(outcome.failure) };
    }
    const expressions: Record<string, object> = {};
    for (const [name, code] of Object.entries(asked.user_expressions ?? {})) {
      expressions[name] = await this.#express(code, { ...run, purpose: "expression" });
    }
    return { status: "ok", execution_count: count, user_expressions: expressions, payload: [] };
  }

  /** Ends the running cell, if there is one. Asked again meanwhile, it is the same interrupt: impatience costs no variables. */
  interrupt(): Promise<void> {
    return this.#interrupt ??= this.#interruptOnce().finally(() => this.#interrupt = undefined);
  }

  /** Publishes an output; late ones too. */
  async output(output: Output): Promise<void> {
    const run = this.#runs.get(output.execution) ?? [...this.#runs.values()].at(-1);
    if (run === undefined) return;
    if (output.kind === "result") run.result = output;
    if (output.kind === "result" && run.purpose !== "cell") return;
    if (output.kind === "error" && run.purpose === "expression") return;
    const { type, content, metadata = {} } = publicationOf(output, run.count);
    await this.#speaker.publish(type, content, { parent: run.request.message.header, metadata });
  }

  /** Asks the frontend that sent the cell, where that allows it. */
  async input(execution: string, prompt: string, password: boolean): Promise<string | undefined> {
    const run = this.#runs.get(execution);
    return run?.allowStdin ? await this.#questions.ask(run.request, prompt, password) : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#questions.cancel();
    const engine = await this.#engine.catch(() => undefined);
    await engine?.[Symbol.asyncDispose]();
  }

  async #interruptOnce(): Promise<void> {
    const engine = await this.#engine;
    const interrupted = engine.interrupt();
    this.#questions.cancel(); // after the engine knows that it ends the cell, not an answer
    await interrupted;
  }

  async #evaluate(code: string, run: Run): Promise<Outcome> {
    const execution = String(++this.#started);
    this.#runs.set(execution, run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > KEPT_RUNS) this.#runs.delete(oldest!);
    try {
      const engine = await this.#engine;
      const silent = run.purpose === "silent";
      const outcome = await engine.run({ execution, cellId: cellIdOf(run), code, count: run.count, silent });
      this.#questions.cancel();
      return outcome;
    } catch (error) { // the engine could not be started: a cell is where people look
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      const failure = { name, message, traceback: [`${name}: ${message}`] };
      await this.output({ kind: "error", execution, failure });
      return { status: "error", failure };
    }
  }

  async #express(code: string, run: Run): Promise<object> {
    const outcome = await this.#evaluate(code, run);
    if (outcome.status === "error") return { status: "error", ...failureContent(outcome.failure) };
    const { data = { "text/plain": "undefined" }, metadata = {} } = run.result ?? {};
    return { status: "ok", data, metadata };
  }
}

function textOf({ result }: Run): string | null {
  const text = result?.data["text/plain"];
  return typeof text === "string" ? text : null;
}

/** The cell's id, as JupyterLab sends it; an expression is no cell. */
function cellIdOf({ request, purpose }: Run): string | undefined {
  const id = request.message.metadata.cellId;
  return typeof id === "string" && purpose !== "expression" ? id : undefined;
}
