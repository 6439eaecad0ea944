import { setTimeout as pause } from "node:timers/promises";

/** How long, and how often. */
export interface Patience {
  /** Default: a minute. */
  readonly withinMs?: number;
  /** Default: 100. */
  readonly eachMs?: number;
}

/**
 * Looks again and again until it is so; what was seen then.
 *
 * @param what What is waited for, for whoever reads that it did not come.
 * @throws {Error} If that takes too long, with what was seen last.
 */
export async function until<Seen>(
  what: string,
  look: () => Seen | Promise<Seen>,
  isSo: (seen: Seen) => boolean = Boolean,
  { withinMs = 60_000, eachMs = 100 }: Patience = {},
): Promise<Seen> {
  const endsAt = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (performance.now() > endsAt) {
      throw new Error(`Waited ${withinMs / 1_000} s in vain until ${what}; seen last: ${Deno.inspect(seen)}`);
    }
    await pause(eachMs);
  }
}

/** Whether there is nothing of these any more. */
export function isNone(all: readonly unknown[]): boolean {
  return all.length === 0;
}
