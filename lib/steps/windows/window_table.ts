import { Series } from "./series.ts";
import { type Operation, Tally } from "./tally.ts";
import type { Window, WindowPlan } from "./window_plan.ts";

/** What is kept of one key. */
export interface KeyState {
  readonly key: string;
  /** The time of its newest event. */
  newest: number;
  /** When its last event came, by the clock. */
  touched: number;
  /** One for each aggregation. */
  readonly series: readonly Series[];
}

/** Stands where an event has no value for an aggregation: it is counted nowhere. */
export const NOTHING: unique symbol = Symbol("nothing");

/**
 * The windows of several aggregations over the events of many keys. It knows no events, steps or clocks: it is told keys, times and
 * values, and answers as of any time that is not too long ago.
 */
export class WindowTable {
  readonly plans: readonly WindowPlan[];
  /** An event may be so much older than the newest of its key. */
  readonly latenessMs: number;
  readonly #keptMs: number;
  readonly #states = new Map<string, KeyState>();
  readonly #total = new Tally(); // of the window that is read, one after another
  #newest = -Infinity;
  #round: Iterator<KeyState> = this.#states.values();

  /** Takes the aggregations; `latenessMs` is by default the longest window. */
  constructor(plans: readonly WindowPlan[], latenessMs?: number) {
    this.plans = plans;
    const longestMs = Math.max(...plans.map((plan) => plan.longestMs));
    this.latenessMs = latenessMs ?? longestMs;
    this.#keptMs = this.latenessMs + longestMs;
  }

  /** What is kept of each key. */
  get states(): Iterable<KeyState> {
    return this.#states.values();
  }

  /** How many keys there are. */
  get size(): number {
    return this.#states.size;
  }

  /** What is kept of a key; undefined where there is nothing. */
  stateOf(key: string): KeyState | undefined {
    return this.#states.get(key);
  }

  /**
   * Counts the values of one event, one for each aggregation. Gives what is kept of its key; undefined where the event is too late
   * and nothing was counted.
   */
  add(key: string, values: readonly unknown[], { time, now }: { time: number; now: number }): KeyState | undefined {
    const known = this.#states.get(key);
    if (known !== undefined && this.isTooLate(known, time)) return undefined;
    const state = known ?? { key, newest: time, touched: now, series: this.plans.map((plan) => new Series(plan)) };
    for (const [index, series] of state.series.entries()) {
      if (values[index] !== NOTHING) series.add(values[index], time);
    }
    if (time > state.newest) {
      state.newest = time;
      for (const [index, series] of state.series.entries()) {
        series.forget(this.plans[index]!.needed(time - this.latenessMs));
      }
    }
    state.touched = now;
    if (time > this.#newest) this.#newest = time;
    if (known === undefined) this.#states.set(key, state);
    this.#look(now);
    return state;
  }

  /** Whether a time is so much older than the newest event of a key that its windows are not known any more. */
  isTooLate(state: KeyState, time: number): boolean {
    return time < state.newest - this.latenessMs;
  }

  /** What an operation gives for a window of a key at a time; null where that is not known any more, or there are too few values. */
  value(state: KeyState | undefined, { plan, operation, window, time }: Question): unknown {
    const series = state?.series[this.plans.indexOf(plan)] ?? new Series(plan);
    if (state !== undefined && this.isTooLate(state, time)) return null;
    return plan.limited(operation, series.total(window, time, this.#total).value(operation));
  }

  /** Every field of a key at a time: `{ n_sum_1h: 3, … }`. */
  fields(state: KeyState, time: number): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    const isKnown = !this.isTooLate(state, time);
    for (const [index, plan] of this.plans.entries()) {
      const series = state.series[index]!;
      for (const window of plan.windows) {
        const total = series.total(window, time, this.#total);
        for (const { operation, name } of window.fields) {
          fields[name] = isKnown ? plan.limited(operation, total.value(operation)) : null;
        }
      }
    }
    return fields;
  }

  /**
   * Forgets keys that no event in time can need: what is kept of them is out of every window by the times of the events, or by a
   * time that is told, and as long ago by the clock. Both, because a replay's events may run ahead of other keys, and a stream may
   * pause. Each event looks at some keys by itself; this looks at all.
   */
  forget(now: number, time = this.#newest): void {
    for (const state of this.#states.values()) this.#forget(state, now, time);
  }

  /** Looks at the next few keys: every key has its turn before as many events have come as there are keys. */
  #look(now: number): void {
    for (let looks = 0; looks < 2; looks++) {
      const { value, done } = this.#round.next();
      if (done === true) this.#round = this.#states.values();
      else this.#forget(value, now, this.#newest);
    }
  }

  #forget(state: KeyState, now: number, time: number): void {
    if (now - state.touched <= this.#keptMs || time - state.newest <= this.#keptMs) return;
    this.#states.delete(state.key);
  }
}

/** Which value of a key is asked for. */
export interface Question {
  readonly plan: WindowPlan;
  readonly operation: Operation;
  readonly window: Window;
  readonly time: number;
}
