import type { Clock } from "../graph/clock.ts";
import type { FlowEvent } from "../graph/event.ts";
import { Deadlines, type Due } from "./deadlines.ts";

const QUICK_MS = 10; // who has left before is told of then: nearly every answer is there earlier

/** Tells when those who sent events leave before they have their answers. */
export class Callers {
  /** Those whose signal is dear: most are answered before it is asked for. */
  readonly #unasked: Deadlines<Caller>;

  constructor(clock: Clock) {
    this.#unasked = new Deadlines(clock, QUICK_MS, (caller) => caller.listen());
  }

  /** Somebody begins to wait. */
  add(caller: Caller): void {
    if (caller.isSignalDear) caller.due = this.#unasked.add(caller);
    else caller.listen();
  }

  /** The answer is there. */
  delete(caller: Caller): void {
    if (caller.due !== undefined) this.#unasked.delete(caller.due);
    caller.end();
  }

  /** Nobody is watched any more. */
  close(): void {
    this.#unasked.close();
  }
}

/** Somebody who waits for an answer; `leave` is called when that ends before it is there. */
export class Caller {
  readonly #event: FlowEvent;
  readonly #leave: () => void;
  #signal: AbortSignal | undefined;
  /** When its signal is asked for; undefined where it was asked for at once. */
  due: Due<Caller> | undefined;

  constructor(event: FlowEvent, leave: () => void) {
    this.#event = event;
    this.#leave = leave;
  }

  get isSignalDear(): boolean {
    return this.#event.isSignalDear;
  }

  /** Asks for the signal, and waits for it. */
  listen(): void {
    const signal = this.#signal = this.#event.senderSignal;
    if (signal?.aborted === true) this.#leave();
    else signal?.addEventListener("abort", this.#leave, { once: true });
  }

  /** Waits no more. */
  end(): void {
    this.#signal?.removeEventListener("abort", this.#leave);
  }
}
