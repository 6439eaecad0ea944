import type { PlainCall } from "../graph/operator.ts";
import { CallContext, type Tracked } from "./call_context.ts";

/** Runs calls one after another on a body; `tracked` is what their contexts get their signal from. */
export type Run = (body: unknown, tracked: Tracked) => unknown;

/** What a run does where it cannot go on. */
export interface Stops {
  /** Whether a result is not there yet: a promise, or a generator. */
  readonly isLater: (result: object) => boolean;
  readonly onResult: (at: number, body: unknown, result: object) => unknown;
  readonly onFailure: (at: number, body: unknown, failure: unknown) => unknown;
}

const LONGEST = 200; // calls; V8 does not optimize functions that are much longer

/** Where a run went on to the next piece of the list: nothing else answers with it. */
class Piece {
  constructor(readonly answer: unknown) {}
}

/**
 * Makes one function of a list of calls. Its code is written out call by call, so that V8 sees one function at each place and can
 * inline it; in a loop over a list every flow of a program shares one place, which is then slow for all. Only numbers go into the
 * code. Where code may not be made from text, or would be too long, it is a loop.
 */
export function unroll(calls: readonly PlainCall[], stops: Stops): Run {
  try {
    if (calls.length <= LONGEST) return compile(calls, stops);
    return inPieces(calls, stops);
  } catch (error) {
    if (error instanceof EvalError) return loop(calls, stops);
    throw error;
  }
}

/** A long list as several functions, one after another. */
function inPieces(calls: readonly PlainCall[], { isLater, onResult, onFailure }: Stops): Run {
  const pieces: Run[] = [];
  for (let start = 0; start < calls.length; start += LONGEST) {
    pieces.push(compile(calls.slice(start, start + LONGEST), {
      isLater,
      onResult: (at, body, result) => new Piece(onResult(start + at, body, result)),
      onFailure: (at, body, failure) => new Piece(onFailure(start + at, body, failure)),
    }));
  }
  return (start, tracked) => {
    let body = start;
    for (const piece of pieces) {
      body = piece(body, tracked);
      if (body instanceof Piece) return body.answer;
    }
    return body;
  };
}

function compile(calls: readonly PlainCall[], { isLater, onResult, onFailure }: Stops): Run {
  const names = calls.flatMap((_, at) => [`f${at}`, `c${at}`]);
  const lines = calls.map(({ takesContext }, at) => {
    const context = takesContext ? `new CallContext(c${at}, tracked)` : `c${at}`;
    return `at = ${at}; result = f${at}(body, ${context});` +
      `if ((typeof result === "object" ? result !== null : typeof result === "function") && isLater(result))` +
      ` return onResult(${at}, body, result);` +
      `body = result;`;
  });
  const make = new Function(
    ...names,
    "CallContext",
    "isLater",
    "onResult",
    "onFailure",
    `"use strict";
return function run(body, tracked) {
  let at = 0, result;
  try {
${lines.join("\n")}
  } catch (failure) {
    return onFailure(at, body, failure);
  }
  return body;
};`,
  );
  return make(...calls.flatMap(({ fn, context }) => [fn, context]), CallContext, isLater, onResult, onFailure) as Run;
}

/** The same as a loop. */
export function loop(calls: readonly PlainCall[], { isLater, onResult, onFailure }: Stops): Run {
  return (start, tracked) => {
    let body = start;
    let at = 0;
    try {
      for (; at < calls.length; at++) {
        const { fn, context, takesContext } = calls[at]!;
        const result = fn(body, takesContext ? new CallContext(context, tracked) : context);
        if (isObject(result) && isLater(result)) {
          return onResult(at, body, result);
        }
        body = result;
      }
    } catch (failure) {
      return onFailure(at, body, failure);
    }
    return body;
  };
}

function isObject(result: unknown): result is object {
  return typeof result === "object" ? result !== null : typeof result === "function";
}
