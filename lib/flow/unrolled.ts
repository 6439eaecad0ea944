import type { PlainCall } from "../graph/operator.ts";

/** Runs calls one after another on a body; `stop` makes the answer where one throws, or gives what `isLater` says yes to. */
export type Run = (body: unknown) => unknown;

/** What a run does where it cannot go on. */
export interface Stops {
  /** Whether a result is not there yet: a promise, or a generator. */
  readonly isLater: (result: object) => boolean;
  readonly onResult: (at: number, body: unknown, result: object) => unknown;
  readonly onFailure: (at: number, body: unknown, failure: unknown) => unknown;
}

const LONGEST = 200; // calls; V8 does not optimize functions that are much longer

/**
 * Makes one function of a list of calls. Its code is written out call by call, so that V8 sees one function at each place and can
 * inline it; in a loop over a list every flow of a program shares one place, which is then slow for all. Only numbers go into the
 * code. Where code may not be made from text, or would be too long, it is a loop.
 */
export function unroll(calls: readonly PlainCall[], stops: Stops): Run {
  if (calls.length > LONGEST) return loop(calls, stops);
  try {
    return compile(calls, stops);
  } catch (error) {
    if (error instanceof EvalError) return loop(calls, stops);
    throw error;
  }
}

function compile(calls: readonly PlainCall[], { isLater, onResult, onFailure }: Stops): Run {
  const names = calls.flatMap((_, at) => [`f${at}`, `c${at}`]);
  const lines = calls.map((_, at) =>
    `at = ${at}; result = f${at}(body, c${at});` +
    `if (typeof result === "object" && result !== null && isLater(result)) return onResult(${at}, body, result);` +
    `body = result;`
  );
  const make = new Function(
    ...names,
    "isLater",
    "onResult",
    "onFailure",
    `"use strict";
return function run(body) {
  let at = 0, result;
  try {
${lines.join("\n")}
  } catch (failure) {
    return onFailure(at, body, failure);
  }
  return body;
};`,
  );
  return make(...calls.flatMap(({ fn, context }) => [fn, context]), isLater, onResult, onFailure) as Run;
}

/** The same as a loop. */
export function loop(calls: readonly PlainCall[], { isLater, onResult, onFailure }: Stops): Run {
  return (start) => {
    let body = start;
    let at = 0;
    try {
      for (; at < calls.length; at++) {
        const { fn, context } = calls[at]!;
        const result = fn(body, context);
        if (typeof result === "object" && result !== null && isLater(result)) return onResult(at, body, result);
        body = result;
      }
    } catch (failure) {
      return onFailure(at, body, failure);
    }
    return body;
  };
}
