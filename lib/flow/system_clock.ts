import type { Clock } from "../graph/clock.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1; // what setTimeout can count; it fires at once for more

/** The machine's own time. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  schedule(afterMs, run) {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (restMs: number): void => {
      const partMs = Math.min(restMs, LONGEST_TIMER_MS);
      timer = setTimeout(() => restMs > partMs ? wait(restMs - partMs) : run(), partMs);
    };
    wait(Math.max(0, afterMs));
    return () => clearTimeout(timer);
  },
};

/** Resolves after so many milliseconds of a clock; rejects with the signal's reason where that comes first. */
export function sleep(clock: Clock, afterMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal!.reason);
    };
    const cancel = clock.schedule(afterMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
