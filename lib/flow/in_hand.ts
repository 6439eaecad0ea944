import type { Clock } from "../graph/clock.ts";
import { sleep } from "./system_clock.ts";
import { Tally } from "./tally.ts";

const ALONE_MS = 5_000; // a step may keep an event until others come

/** Who has something in hand beside others: an inlet. */
export interface Holder {
  /** Puts back what it was given and has not begun with. */
  putBack(): void;
}

/** What the inlets of a worker have in hand together: so one record can be worked on with no other beside it. */
export class InHand {
  readonly #clock: Clock;
  /** What is in hand; whoever enters something has it leave when it is done. */
  readonly works = new Tally();
  readonly #holders = new Set<Holder>();
  #alone: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
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
    if (this.works.isNone) return;
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, stopping]);
    await Promise.race([this.works.none(), sleep(this.#clock, ALONE_MS, signal).catch(() => {})]);
    waiting.abort();
  }
}
