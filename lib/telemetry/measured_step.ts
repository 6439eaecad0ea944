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

const ONE_IN = 16; // a power of two
const SLOW_S = 0.00005; // what takes longer does not notice that it is timed

/**
 * A step that counts its events and tells how long it works on them, in seconds: until it has answered, for one that answers later until
 * its promise has. How long it keeps an event is not its work, and not counted. Of a plain function that is quicker than 50 µs by its
 * mean, one event in 16 is timed: reading the clock twice costs as much as such a function.
 */
export function measuredStep(operator: Operator, series: StepSeries): Operator {
  const { plain } = operator;
  const { events, times } = series;
  return {
    ...delegated(operator),
    process(event) {
      events.value += 1;
      const start = performance.now();
      try {
        return observed(times, start, operator.process(event));
      } catch (error) {
        observe(times, start);
        throw error;
      }
    },
    ...(plain === undefined ? {} : { plain: new MeasuredCall(plain, series) }),
  };
}

/** A function on the short way. */
class MeasuredCall implements PlainCall {
  readonly context: PlainCall["context"];
  readonly takesContext: boolean;
  readonly fn: PlainCall["fn"];
  readonly #plain: PlainCall;

  constructor(plain: PlainCall, { events, times }: StepSeries) {
    const { fn, context, takesContext } = plain;
    this.#plain = plain;
    this.context = context;
    this.takesContext = takesContext;
    let isSlow = false;
    this.fn = (body, given) => {
      const count = events.value;
      events.value = count + 1;
      if (!isSlow && count % ONE_IN !== 0) return fn(body, given);
      const start = performance.now();
      try {
        const result = fn(body, given);
        isSlow = result instanceof Promise || (count % ONE_IN === 0 ? times.mean > SLOW_S : isSlow);
        return observed(times, start, result);
      } catch (error) {
        observe(times, start);
        throw error;
      }
    };
  }

  react(...args: Parameters<PlainCall["react"]>): ReturnType<PlainCall["react"]> {
    return this.#plain.react(...args);
  }
}

/** Does something that answers now or later, and tells how long it took. */
export function measured<Result>(times: Times, work: () => Result): Result {
  const start = performance.now();
  try {
    return observed(times, start, work());
  } catch (error) {
    observe(times, start);
    throw error;
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
