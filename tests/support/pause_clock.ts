import type { Clock } from "../../lib/graph/clock.ts";

/** A clock on which pauses pass at once, and are kept; time-outs, which are longer, never come. */
export class PauseClock implements Clock {
  readonly #longestMs: number;
  #now: number;
  /** The pauses that were waited for, in milliseconds. */
  readonly pauses: number[] = [];
  /** How many time-outs are running. */
  limits = 0;

  /** `longestMs`: what is shorter is a pause. `nowMs` is milliseconds since 1970. */
  constructor({ longestMs = 60_000, nowMs = 0 }: { longestMs?: number; nowMs?: number } = {}) {
    this.#longestMs = longestMs;
    this.#now = nowMs;
  }

  now(): number {
    return this.#now;
  }

  schedule(afterMs: number, run: () => void): () => void {
    if (afterMs >= this.#longestMs) {
      this.limits += 1;
      return () => this.limits -= 1;
    }
    this.pauses.push(afterMs);
    let isCancelled = false;
    queueMicrotask(() => {
      this.#now += afterMs;
      if (!isCancelled) run();
    });
    return () => isCancelled = true;
  }
}
