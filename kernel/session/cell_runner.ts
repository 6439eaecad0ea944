/** Runs cells: numbers them, hands them to the engine, and publishes what they put out with the parent that they have. */

import { z } from "zod";
import type { CellFailure, Engine, EngineEvents, MimeBundle, Outcome, Output } from "../engine/engine.ts";
import type { History } from "./history.ts";
import { failureContent, publicationOf } from "./publication.ts";
import type { Questions } from "./questions.ts";
import { errorReply, type Reply, type Request } from "./request.ts";
import type { Speaker } from "./speaker.ts";

/** Starts the engine. */
export type OpenEngine = (events: EngineEvents) => Promise<Engine>;

/** What an `execute_request` asks for; what older clients leave out has the protocol's default. */
export const EXECUTE_REQUEST = z.object({
  code: z.string(),
  silent: z.boolean().default(false),
  store_history: z.boolean().default(true),
  user_expressions: z.record(z.string(), z.string()).nullish(),
  allow_stdin: z.boolean().default(false),
  stop_on_error: z.boolean().default(true),
});

/** One evaluation and what belongs to it, also when it has ended: a timer of its may still print. */
interface Run {
  readonly request: Request;
  readonly count: number;
  readonly silent: boolean;
  readonly allowStdin: boolean;
  /** Takes the value of an expression, which is not published. */
  readonly onResult?: (data: MimeBundle, metadata: object) => void;
}

const KEPT_RUNS = 10_000; // cells whose late output still finds its parent

/** One engine and the cells that ran in it. */
export class CellRunner implements AsyncDisposable {
  readonly #speaker: Speaker;
  readonly #history: History;
  readonly #questions: Questions;
  readonly #engine: Promise<Engine>;
  readonly #runs = new Map<string, Run>();
  #stored = 0;
  #last = 0;

  constructor(parts: { speaker: Speaker; history: History; questions: Questions }, openEngine: OpenEngine) {
    this.#speaker = parts.speaker;
    this.#history = parts.history;
    this.#questions = parts.questions;
    this.#engine = openEngine({
      output: (output) => this.#publish(output),
      input: (execution, prompt, password) => this.#ask(execution, prompt, password),
    });
    this.#engine.catch(() => {}); // each cell tells it
  }

  /** Answers an `execute_request`; everything that the cell put out is published before. */
  async execute(request: Request, content: z.infer<typeof EXECUTE_REQUEST>): Promise<Reply> {
    const { code, silent, allow_stdin, user_expressions } = content;
    const isStored = content.store_history && !silent;
    const count = isStored ? ++this.#stored : this.#stored + 1;
    const parent = request.message.header;
    if (!silent) await this.#speaker.publish("execute_input", { code, execution_count: count }, { parent });
    const setOutput = isStored ? this.#history.add(count, code) : () => {};
    const run: Run = { request, count, silent, allowStdin: allow_stdin };
    const outcome = await this.#run(code, { ...run, onResult: undefined, noteResult: setOutput });
    this.#questions.cancel();
    if (outcome.status === "error") {
      return { ...errorReply("", ""), ...failureContent(outcome.failure), execution_count: count };
    }
    const evaluated = await this.#evaluate(user_expressions ?? {}, run);
    return { status: "ok", execution_count: count, user_expressions: evaluated, payload: [] };
  }
}
