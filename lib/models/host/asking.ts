import { StatusError } from "../../errors.ts";
import type { Clock } from "../../graph/clock.ts";
import type { Context } from "../../graph/context.ts";
import type { FlowEvent } from "../../graph/event.ts";
import { type AnswerReport, thrownAgain, unpacked } from "./message.ts";

/** What a question is asked with. */
export interface AskingOptions {
  /** What the model is called in errors. */
  readonly key: string;
  readonly event: FlowEvent;
  /** Of this request: with its signal. */
  readonly context: Context;
  readonly clock: Clock;
  readonly timeLimitMs: number;
  /** Tells the place. */
  tell(word: "abort" | "next" | "stop"): void;
  /** The model has not answered in time. */
  onOverdue(): void;
}

/** One question in a place, from the order to the last word of the answer, whoever still waits for it. */
export class Asking {
  readonly key: string;
  readonly context: Context;
  readonly event: FlowEvent;
  readonly #options: AskingOptions;
  readonly #first = Promise.withResolvers<unknown>();
  /** What the reader waits for. */
  #chunk: PromiseWithResolvers<IteratorResult<unknown, undefined>> | undefined;
  /** Whether an answer in chunks has begun. */
  #reads = false;
  #isStopped = false;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #cancelLimit: () => void;

  constructor(options: AskingOptions) {
    this.#options = options;
    this.key = options.key;
    this.context = options.context;
    this.event = options.event;
    this.#cancelLimit = this.#limited();
    this.context.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** The answer, or its chunks. */
  get answer(): Promise<unknown> {
    return this.#first.promise;
  }

  /** Takes what the place says. Gives whether that was the last. */
  take(report: AnswerReport): boolean {
    this.#cancelLimit();
    switch (report.kind) {
      case "answered":
        this.#over();
        this.#first.resolve(unpacked(report.answer));
        return true;
      case "streams":
        this.#first.resolve(this.#chunks());
        if (this.context.signal.aborted) this.#stop();
        else this.#awaitReader();
        return false;
      case "chunk":
        if (this.#isStopped) this.#cancelLimit = this.#limited(); // made before the place heard of it
        else this.#awaitReader();
        this.#chunk?.resolve({ value: unpacked(report.answer) });
        return false;
      case "ended":
        this.#over();
        this.#chunk?.resolve({ value: undefined, done: true });
        return true;
      case "failed":
        this.fail(thrownAgain(report.error));
        return true;
    }
  }

  /** Nothing more will come. */
  fail(error: unknown): void {
    this.#over();
    this.#tellFailure(error);
  }

  #over(): void {
    this.#isOver = true;
    this.#cancelLimit();
    this.context.signal.removeEventListener("abort", this.#onAbort);
  }

  #tellFailure(error: unknown): void {
    this.#failure ??= { error };
    this.#first.reject(error);
    this.#chunk?.promise.catch(() => {}); // its reader may have left
    this.#chunk?.reject(error);
  }

  readonly #onAbort = (): void => {
    this.#options.tell("abort");
    this.#tellFailure(this.context.signal.reason);
    if (this.#reads) this.#stop();
  };

  async *#chunks(): AsyncGenerator<unknown, void, undefined> {
    try {
      for (let next = await this.#next(); next.done !== true; next = await this.#next()) yield next.value;
    } finally {
      await this.#ended();
    }
  }

  async #next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isOver) return { value: undefined, done: true };
    this.#cancelLimit();
    this.#cancelLimit = this.#limited();
    this.#chunk = Promise.withResolvers();
    this.#options.tell("next");
    return await this.#chunk.promise;
  }

  /** Ends the chunks where the reader has left: resolves when the model has put its things away. */
  async #ended(): Promise<void> {
    if (this.#isOver || this.#failure !== undefined) return;
    this.#chunk = Promise.withResolvers();
    this.#stop();
    await this.#chunk.promise;
  }

  #stop(): void {
    if (this.#isOver || this.#isStopped) return;
    this.#isStopped = true;
    this.#cancelLimit();
    this.#cancelLimit = this.#limited();
    this.#options.tell("stop");
  }

  /** The model waits for its reader, but not for ever: it would keep its place. */
  #awaitReader(): void {
    this.#reads = true;
    const { key } = this;
    const { clock, timeLimitMs } = this.#options;
    this.#cancelLimit = clock.schedule(timeLimitMs, () => {
      this.#tellFailure(
        new StatusError(
          504,
          `Cannot go on with the answer of model "${key}": nobody read on for ${timeLimitMs} ms (timeLimitMs)`,
        ),
      );
      this.#stop();
    });
  }

  #limited(): () => void {
    const { clock, timeLimitMs, onOverdue } = this.#options;
    return clock.schedule(timeLimitMs, onOverdue);
  }
}
