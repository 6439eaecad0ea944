/** The time that a stream goes by; the flow's clock is one. */
export interface StreamClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after so many milliseconds, unless what it returns is called before. */
  schedule(afterMs: number, run: () => void): () => void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1; // setTimeout fires at once for more; whoever is called looks at the time again

/** The machine's own time. */
export const MACHINE_CLOCK: StreamClock = {
  now: () => Date.now(),
  schedule(afterMs, run) {
    const timer = setTimeout(run, Math.min(afterMs, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
