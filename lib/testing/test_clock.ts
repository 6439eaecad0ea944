import { setImmediate } from "node:timers/promises";
import type { Clock } from "../graph/clock.ts";

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  #now: number;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  /** Made by `testClock`. */
  constructor(start: Date | number = 0) {
    const now = start instanceof Date ? start.getTime() : start;
    if (typeof now !== "number" || !Number.isFinite(now)) {
      const state = start instanceof Date ? "an invalid date" : typeof now === "number" ? now : typeof now;
      throw new RangeError(
        `Cannot make a test clock: its start is no time but ${state}. Give a date, or milliseconds since 1970`,
      );
    }
    this.#now = now;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#now;
  }

  /**
   * Calls `run` when the clock has been moved on by so many milliseconds.
   *
   * @throws {RangeError} For what is no number.
   */
  schedule(afterMs: number, run: () => void): () => void {
    if (typeof afterMs !== "number" || Number.isNaN(afterMs)) {
      throw new RangeError(`Cannot set a timer after ${afterMs} ms: say how many milliseconds`);
    }
    const timer = { at: this.#now + Math.max(0, afterMs), run };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((other) => other !== timer);
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.length;
  }

  /** How long until the next timer, in milliseconds; undefined where none is set. */
  get nextMs(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map(({ at }) => at)) - this.#now;
  }

  /**
   * Moves time on by so many milliseconds. What is due on the way is called in the order of its time, at its time; before, between
   * and after, everything that waits for no time is let settle.
   *
   * @throws {RangeError} For less than 0: time does not go back.
   */
  async advance(ms: number): Promise<void> {
    if (!(Number.isFinite(ms) && ms >= 0)) {
      throw new RangeError(`Cannot advance the clock by ${ms} ms: say how far, 0 or more`);
    }
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#due(end); timer !== undefined; timer = this.#due(end)) {
      this.#timers = this.#timers.filter((other) => other !== timer);
      this.#now = timer.at;
      timer.run();
      await settle();
    }
    this.#now = end;
  }

  #due(end: number) {
    let first: { readonly at: number; readonly run: () => void } | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer;
    }
    return first;
  }
}

/** Lets every promise settle that waits for nothing outside this program: neither for time, nor for files, nor for the network. */
export async function settle(): Promise<void> {
  await setImmediate();
}

/**
 * Makes a clock that stands still until `advance` moves it, for whatever takes a clock: `fn.start`, `toMockServer`, `openStream`.
 *
 * @example A time-out of a minute, in no time
 * ```ts
 * import { rejects } from "node:assert/strict";
 * import { serving } from "levada";
 * import { testClock } from "levada/testing";
 *
 * const fn = serving("slow");
 * fn.setTopology("flow").to("wait", () => new Promise(() => {}), { timeoutMs: 60_000 }).respond();
 *
 * const clock = testClock();
 * await using flow = await fn.start({ clock });
 * const answer = rejects(flow.ask("hello"), /no answer after 60000 ms/);
 * await clock.advance(60_000);
 * await answer;
 * ```
 *
 * @param start Where it stands at first: a date, or milliseconds since 1970. Default 0.
 */
export function testClock(start: Date | number = 0): TestClock {
  return new TestClock(start);
}
