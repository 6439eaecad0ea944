const FIRST_LOOK_MS = 100;
const LOOK_MS = 2_000; // a dashboard asks its API server no more than five things a second: who asks it more often waits the longer

/** How often is looked: soon at first, then less. */
export class Pace {
  readonly #untilMs: number;
  readonly #signal: AbortSignal | undefined;
  #nextMs = FIRST_LOOK_MS;

  constructor(untilMs: number, signal: AbortSignal | undefined) {
    this.#untilMs = untilMs;
    this.#signal = signal;
  }

  /** Until it is to be looked again. */
  async wait(): Promise<void> {
    await pause(Math.min(this.#nextMs, Math.max(1, this.#untilMs - performance.now())), this.#signal);
    this.#nextMs = Math.min(LOOK_MS, this.#nextMs * 1.5);
  }
}

/** Waits; rejects where the signal comes first. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
