import { StatusError } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";

/** When a breaker opens, and for how long. */
export interface BreakerOptions {
  /** So many failures in a row open it. */
  readonly failures: number;
  /** After so many milliseconds one run is let through to see whether it works again. */
  readonly coolDownMs: number;
}

/** Refuses work for a while when it has failed several times in a row. */
export class Breaker {
  readonly #step: string;
  readonly #options: BreakerOptions;
  readonly #clock: Clock;
  #failures = 0;
  #openedAt: number | undefined;
  #isProbing = false;

  constructor(step: string, options: BreakerOptions, clock: Clock) {
    this.#step = step;
    this.#options = options;
    this.#clock = clock;
  }

  /**
   * Lets a run through.
   *
   * @throws {StatusError} 503 while the breaker is open.
   */
  enter(): void {
    if (this.#openedAt === undefined) return;
    const restMs = this.#openedAt + this.#options.coolDownMs - this.#clock.now();
    if (restMs <= 0 && !this.#isProbing) {
      this.#isProbing = true;
      return;
    }
    throw new StatusError(
      503,
      `Cannot run step "${this.#step}": it failed ${this.#failures} times in a row and is tried again ${
        this.#isProbing ? "by another event now" : `in ${Math.ceil(restMs)} ms`
      }`,
    );
  }

  /** A run has worked. */
  succeed(): void {
    this.#failures = 0;
    this.#openedAt = undefined;
    this.#isProbing = false;
  }

  /** A run has ended without telling whether it works. */
  leave(): void {
    this.#isProbing = false;
  }

  /** A run has failed. */
  fail(): void {
    this.#failures += 1;
    if (this.#isProbing || this.#failures >= this.#options.failures) this.#openedAt = this.#clock.now();
    this.#isProbing = false;
  }
}
