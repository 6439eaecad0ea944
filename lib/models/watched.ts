import { describeThrown, isA, StatusError } from "../errors.ts";
import { isGenerator } from "../graph/generator.ts";
import { laterOf } from "../graph/later.ts";
import type { ModelCall, Monitor } from "../graph/monitor.ts";
import type { Maybe } from "../graph/typing.ts";

/** Where the work on a request notes what the model was given; until then no model has worked. */
export interface Watch {
  inputs?: unknown;
}

/** What is known of a call before it begins. */
export type CallHead =
  & Pick<ModelCall, "model" | "className" | "endpointId" | "function" | "operation" | "id" | "labels">
  & {
    /** Asked when the call is over: what the model says of it besides. */
    readonly rest?: (inputs: unknown, reply: unknown) => Partial<ModelCall> | null;
  };

/**
 * Does the work of a call and tells the monitor of it. A request that was refused is the caller's fault, not the model's, and no record.
 * Of a reply that comes in chunks the monitor is told when it has ended.
 */
export function watchCall(monitor: Monitor, head: CallHead, work: (watch: Watch) => Maybe<unknown>): Maybe<unknown> {
  const call = new WatchedCall(monitor, head);
  try {
    const answer = work(call.watch);
    const later = laterOf(answer);
    return later === undefined ? call.answered(answer) : later.then((value) => call.answered(value), (error) => {
      call.failed(error);
      throw error;
    });
  } catch (error) {
    call.failed(error);
    throw error;
  }
}

class WatchedCall {
  readonly watch: Watch = {};
  readonly #monitor: Monitor;
  readonly #head: CallHead;
  readonly #startedAt = new Date();
  readonly #from = performance.now();

  constructor(monitor: Monitor, head: CallHead) {
    this.#monitor = monitor;
    this.#head = head;
  }

  answered(reply: unknown): unknown {
    if (isGenerator(reply)) return this.#streamed(reply);
    this.#tell({ reply });
    return reply;
  }

  failed(error: unknown): void {
    if ("inputs" in this.watch && !(isA(error, StatusError) && error.status < 500)) this.#tell({ error });
  }

  async *#streamed(chunks: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<unknown, undefined, undefined> {
    const outputs: unknown[] = [];
    let error: { readonly thrown: unknown } | undefined;
    try {
      for await (const chunk of chunks) {
        if (outputs.length < KEPT_CHUNKS) outputs.push(outputOf(chunk));
        yield chunk;
      }
    } catch (thrown) {
      error = { thrown };
      throw thrown;
    } finally { // also where the reader has left
      if (error === undefined) this.#tell({ reply: { outputs } });
      else this.failed(error.thrown);
    }
  }

  #tell(outcome: Pick<ModelCall, "reply" | "error">): void {
    const { rest, ...head } = this.#head;
    const { inputs } = this.watch;
    const tookMs = performance.now() - this.#from;
    let told: Partial<ModelCall> | null | undefined;
    try {
      told = rest?.(inputs, outcome.reply);
    } catch (error) { // the model's own code, which must not fail the request
      told = { leftOut: `loggedResults failed: ${describeThrown(error).message}` };
    }
    if (told === null) return;
    this.#monitor.record({ ...head, startedAt: this.#startedAt, tookMs, inputs, ...outcome, ...told });
  }
}

const KEPT_CHUNKS = 1_000; // of one reply: a record is a sample, not the reply itself

function outputOf(chunk: unknown): unknown {
  return typeof chunk === "object" && chunk !== null && "outputs" in chunk ? chunk.outputs : chunk;
}
