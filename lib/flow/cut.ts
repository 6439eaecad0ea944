/** One try of a piece of work: it may be cut off, and has a signal for whoever asks. */
export class Cut {
  readonly #outer: () => AbortSignal | undefined;
  #abort: AbortController | undefined;
  #signal: AbortSignal | undefined;
  #isOver = false;

  /** `outer` gives the signal of whoever wants the work done; it is asked when somebody wants to know. */
  constructor(outer: () => AbortSignal | undefined) {
    this.#outer = outer;
  }

  /** Aborts when the try is cut off, and when nobody wants the work any more. */
  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal;
    this.#abort = new AbortController();
    const outer = this.#outer();
    return this.#signal = outer === undefined ? this.#abort.signal : AbortSignal.any([outer, this.#abort.signal]);
  }

  /** Whether the try was cut off: what still comes of it does not count. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Cuts the try off. */
  abort(reason: unknown): void {
    this.#isOver = true;
    this.#abort?.abort(reason);
  }
}
