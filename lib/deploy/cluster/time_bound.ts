/** Ends what takes too long, until it is told that the rest may take as long as it likes. */
export class TimeBound implements Disposable {
  /** Aborts with a `TimeoutError` when the time is over, or as the outer signal does. */
  readonly signal: AbortSignal;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;

  /** Of 0 milliseconds: no bound. */
  constructor(milliseconds: number, outer?: AbortSignal) {
    const late = new AbortController();
    if (milliseconds > 0) {
      const error = new DOMException(`not done in ${milliseconds} ms`, "TimeoutError");
      this.#timer = setTimeout(() => late.abort(error), milliseconds);
    }
    this.signal = outer === undefined ? late.signal : AbortSignal.any([outer, late.signal]);
  }

  /** The time is not counted any more; the outer signal is still heard. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
