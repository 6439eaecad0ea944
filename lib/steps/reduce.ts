import { z } from "zod";
import { notJson } from "../graph/json.ts";
import type { Context } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { Code, Operator, Reaction, StepDefinition, StepScope } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { Turns } from "./state/turns.ts";

const OPTIONS = z.strictObject({
  initial: z.unknown().refine((value) => value === undefined || notJson(value, "initial") === undefined, "is not JSON"),
});

/** What `reduce` does with events. */
export const REDUCE: StepDefinition = {
  kind: "reduce",
  shape: "invtriangle",
  options: OPTIONS,
  code: { fn: "required" },
  open: ({ code, options }, scope) => new Reduce(structuredClone(options.initial), code.fn!, scope),
};

class Reduce implements Operator {
  #state: unknown;
  readonly #turns = new Turns(); // the next sees the state that this one leaves
  readonly #fn: Code;
  readonly #scope: StepScope;

  constructor(initial: unknown, fn: Code, scope: StepScope) {
    this.#state = initial;
    this.#fn = fn;
    this.#scope = scope;
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    return this.#turns.take("", () => this.#fold(event), (state) => this.#keep(event, state));
  }

  result(): unknown {
    return this.#state;
  }

  #fold(event: FlowEvent): unknown {
    return this.#fn(this.#state, this.#scope.read(event), this.#scope.contextOf(event));
  }

  #keep(event: FlowEvent, state: unknown): FlowEvent {
    this.#state = state;
    this.#scope.write(event, state);
    return event;
  }
}

/**
 * Folds all events into one value, which `waitForCompletion` and `close` give. The event goes on with the value so far as its body. A
 * flow that is started again begins with `initial`.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { reduce, serving } from "levada";
 *
 * const fn = serving("total");
 * fn.setTopology("flow").to("sum", reduce(0, (sum, n: number) => sum + n));
 *
 * const flow = await fn.start();
 * for (const n of [1, 2, 3]) await flow.emit(n);
 * deepStrictEqual(await flow.close(), 6);
 * ```
 *
 * @param initial JSON data: the value before the first event.
 * @param fn Gets the value so far, the body and the context; returns the new value, at once or later.
 */
export function reduce<In, State>(
  initial: State,
  fn: (state: State, body: In, context: Context) => Maybe<State>,
): ReadyStep<In, State> {
  return new ReadyStep(REDUCE, { initial }, { fn });
}
