import type { BenchClock } from "./bench_clock.ts";
import { settle } from "./test_clock.ts";

/** Until when it is waited, and by which time. */
export interface UntilOptions {
  readonly clock: BenchClock;
  readonly withinMs: number;
  /** What was logged, for the error. */
  readonly lines: readonly string[];
}

const TOLD_LINES = 10;

/** Moves time on, from one thing that is due to the next, until something is so; see `TestBench.until`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { clock, withinMs, lines }: UntilOptions,
): Promise<void> {
  const end = clock.now() + withinMs;
  for (;;) {
    await settle();
    if (await condition()) return;
    const { nextMs = Infinity } = clock;
    if (clock.now() + nextMs > end) {
      const when = nextMs === Infinity ? "nothing is due any more" : `${withinMs} ms are over`;
      throw new Error([`What the test waits for does not come: ${when}`, ...lines.slice(-TOLD_LINES)].join("\n"));
    }
    await clock.advance(nextMs);
  }
}
