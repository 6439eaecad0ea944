import type { Clock } from "../graph/clock.ts";

/** Time that nobody sets: for how long something takes. */
export const STEADY_CLOCK: Clock = {
  now: () => performance.now(),
  schedule(afterMs, run) {
    const timer = setTimeout(run, afterMs);
    return () => clearTimeout(timer);
  },
};
