import { delegated } from "../flow/delegated.ts";
import type { Operator, PlainCall } from "../graph/operator.ts";
import type { Counter, Histogram } from "./series.ts";

/** What takes times in seconds. */
export type Times = Pick<Histogram, "observe">;

/** What is measured of one step. */
export interface StepSeries {
  /** Events that it has been given. */
  readonly events: Counter;
  readonly times: Histogram;
}

const ALL_TIMED = 64; // events at the beginning
const ONE_IN = 16; // behind them
const SLOW_S = 0.00005; // what takes longer does not notice that it is timed

/** Decides which events of a step are timed: all of a slow one, some of a quick one. */
class StepTimer {
  readonly #events: Counter;
  readonly #times: Histogram;
  #isSlow = false;

  constructor({ events, times }: StepSeries) {
    this.#events = events;
    this.#times = times;
  }

  /** Counts an event; tells whether it is to be timed. */
  takes(): boolean {
    const count = this.#events.value;
    this.#events.value = count + 1;
    if (count >= ALL_TIMED && count % ONE_IN !== 0) return this.#isSlow;
    this.#isSlow = this.#times.mean > SLOW_S;
    return true;
  }

  /** Notes how long the step takes to give this result. */
  note<Result>(start: number, result: Result): Result {
    if (result instanceof Promise) this.#isSlow = true; // until the next that is looked at
    return observed(this.#times, start, result);
  }

  /** Notes how long the step took to fail. */
  noteFailure(start: number): void {
    observe(this.#times, start);
  }
}

/**
 * A step that counts its events and tells how long it works on them, in seconds: until it has answered, for one that answers later until
 * its promise has. How long it keeps an event is not its work, and not counted. Of a step that is quicker than 50 µs by its mean, the first 64 events
 * are timed and then one in 16: reading the clock twice costs as much as such a step.
 */
export function measuredStep(operator: Operator, series: StepSeries): Operator {
  const { plain } = operator;
  const timer = new StepTimer(series);
  return {
    ...delegated(operator),
    process(event) {
      if (!timer.takes()) return operator.process(event);
      const start = performance.now();
      try {
        return timer.note(start, operator.process(event));
      } catch (error) {
        timer.noteFailure(start);
        throw error;
      }
    },
    ...(plain === undefined ? {} : { plain: new MeasuredCall(plain, timer) }),
  };
}

/** A function on the short way. */
class MeasuredCall implements PlainCall {
  readonly context: PlainCall["context"];
  readonly takesContext: boolean;
  readonly fn: PlainCall["fn"];
  readonly #plain: PlainCall;

  constructor(plain: PlainCall, timer: StepTimer) {
    const { fn, context, takesContext } = plain;
    this.#plain = plain;
    this.context = context;
    this.takesContext = takesContext;
    this.fn = (body, given) => {
      if (!timer.takes()) return fn(body, given);
      const start = performance.now();
      try {
        return timer.note(start, fn(body, given));
      } catch (error) {
        timer.noteFailure(start);
        throw error;
      }
    };
  }

  react(...args: Parameters<PlainCall["react"]>): ReturnType<PlainCall["react"]> {
    return this.#plain.react(...args);
  }
}

/**
 * Times work of one kind that answers now or later. Of what is quicker than 50 µs by its mean, the first 64 are timed and then one in 16,
 * which stands for those up to the next: all are counted.
 */
export class WorkTimer {
  readonly #times: Histogram;
  #isSlow = false;

  /** Takes where the times are kept. */
  constructor(times: Histogram) {
    this.#times = times;
  }

  /** Does it, and tells how long it took. */
  measure<Result>(work: () => Result): Result {
    if (!this.#takes()) return this.#counted(work);
    const start = performance.now();
    try {
      const result = work();
      if (result instanceof Promise) this.#isSlow = true;
      return observed(this.#times, start, result);
    } catch (error) {
      observe(this.#times, start);
      throw error;
    }
  }

  #takes(): boolean {
    const { count, mean } = this.#times;
    if (count >= ALL_TIMED && count % ONE_IN !== 0) return this.#isSlow;
    this.#isSlow = mean > SLOW_S;
    return true;
  }

  #counted<Result>(work: () => Result): Result {
    try {
      const result = work();
      if (result instanceof Promise) this.#isSlow = true; // from the next on
      return result;
    } finally {
      this.#times.again();
    }
  }
}

function observed<Result>(times: Times, start: number, result: Result): Result {
  if (!(result instanceof Promise)) observe(times, start);
  else {
    const done = () => observe(times, start);
    result.then(done, done);
  }
  return result;
}

function observe(times: Times, start: number): void {
  times.observe((performance.now() - start) / 1_000);
}
