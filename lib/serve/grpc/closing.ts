/** That a port is to close: who waits for a caller's next word is told, and waits no longer. */
export class Closing {
  readonly #waiting = new Set<() => void>();
  #isAsked = false;

  /** Whether it is to close. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Calls `stop` when the port is to close, now where it is already; `forget` takes it back. */
  whenAsked(stop: () => void): void {
    if (this.#isAsked) stop();
    else this.#waiting.add(stop);
  }

  /** Does not call it any more. */
  forget(stop: () => void): void {
    this.#waiting.delete(stop);
  }

  /** It is to close. */
  ask(): void {
    this.#isAsked = true;
    for (const stop of [...this.#waiting]) stop();
    this.#waiting.clear();
  }
}
