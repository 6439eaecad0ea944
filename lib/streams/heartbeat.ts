import type { StreamClock } from "./stream_clock.ts";

/** Says again and again that a subscriber is alive: each time a pause after the last one ended, until it is stopped. */
export class Heartbeat {
  readonly #clock: StreamClock;
  readonly #everyMs: number;
  readonly #beat: () => Promise<void>;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  /** `beat` may fail: then the next one tries again. */
  constructor(clock: StreamClock, everyMs: number, beat: () => Promise<void>) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#beat = beat;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#clock.schedule(this.#everyMs, () => {
      void this.#beat().catch(() => {}).then(() => this.start()); // who reads or settles is told what is wrong
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }
}
