import type { Clock } from "../graph/clock.ts";

/** The clock of one function, whose timers end with it. */
export class FunctionClock implements Clock {
  readonly #clock: Clock;
  readonly #cancels = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  schedule(afterMs: number, run: () => void): () => void {
    const cancel = this.#clock.schedule(afterMs, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
    return () => {
      this.#cancels.delete(cancel);
      cancel();
    };
  }

  /** No timer of the function fires any more. */
  kill(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
