import type { Clock } from "../../graph/clock.ts";

const FIRST_MS = 100;
const LONGEST_MS = 30_000;

/** How long to wait before something that fails is begun anew: longer each time, until it works once. */
export class Backoff {
  readonly #clock: Clock;
  #nextMs = FIRST_MS;
  #until = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until it may begin again; 0: now. */
  get restMs(): number {
    return Math.max(0, this.#until - this.#clock.now());
  }

  /** It failed: gives the milliseconds until it may begin again. */
  failed(): number {
    const waitMs = this.#nextMs;
    this.#until = this.#clock.now() + waitMs;
    this.#nextMs = Math.min(LONGEST_MS, waitMs * 2);
    return waitMs;
  }

  /** It worked. */
  worked(): void {
    this.#nextMs = FIRST_MS;
  }
}
