import type { Clock } from "../graph/clock.ts";
import { sleep } from "./system_clock.ts";

const ALONE_MS = 5_000; // a step may keep an event until others come

/** Who has something in hand beside others: an inlet. */
export interface Holder {
  /** Puts back what it was given and has not begun with. */
  putBack(): void;
}

/** What the inlets of a worker have in hand together: so one record can be worked on with no other beside it. */
export class InHand {
  readonly #clock: Clock;
  readonly #works = new Set<Promise<unknown>>();
  readonly #holders = new Set<Holder>();
  #alone: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something is in hand until this resolves. */
  add(work: Promise<void>): void {
    const done = work.catch(() => {}).finally(() => this.#works.delete(done));
    this.#works.add(done);
  }

  /** Is told whenever a record is to be alone. */
  join(holder: Holder): void {
    this.#holders.add(holder);
  }

  /** Resolves when no record is alone; undefined where none is. */
  get alone(): Promise<void> | undefined {
    return this.#alone;
  }

  /** Begins with a record when nothing else is in hand, and lets nothing else in before it is done. Nobody may be alone already. */
  async workAlone(begin: () => void, stopping: AbortSignal): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#alone = done.promise;
    try {
      for (const holder of this.#holders) holder.putBack();
      await this.#untilNone(stopping);
      if (stopping.aborted) return;
      begin();
      await this.#untilNone(stopping);
    } finally {
      this.#alone = undefined;
      done.resolve();
    }
  }

  async #untilNone(stopping: AbortSignal): Promise<void> {
    if (this.#works.size === 0) return;
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, stopping]);
    await Promise.race([Promise.all(this.#works), sleep(this.#clock, ALONE_MS, signal).catch(() => {})]);
    waiting.abort();
  }
}
