import { delegated } from "../flow/delegated.ts";
import type { Operator, PlainCall } from "../graph/operator.ts";
import type { Histogram } from "./series.ts";

/** What takes times in seconds. */
export type Times = Pick<Histogram, "observe">;

/**
 * A step that tells how long it works on each event, in seconds: until it has answered, for one that answers later until its promise
 * has. How long it keeps an event is not its work, and not counted.
 */
export function measuredStep(operator: Operator, times: Times): Operator {
  const { plain } = operator;
  return {
    ...delegated(operator),
    process(event) {
      const start = performance.now();
      try {
        return observed(times, start, operator.process(event));
      } catch (error) {
        observe(times, start);
        throw error;
      }
    },
    ...(plain === undefined ? {} : { plain: measuredCall(plain, times) }),
  };
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

function measuredCall(plain: PlainCall, times: Times): PlainCall {
  const { fn, context, takesContext } = plain;
  return {
    context,
    takesContext,
    react: (result, event) => plain.react(result, event),
    fn(body, given) {
      const start = performance.now();
      try {
        return observed(times, start, fn(body, given));
      } catch (error) {
        observe(times, start);
        throw error;
      }
    },
  };
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
