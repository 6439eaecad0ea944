import { z } from "zod";
import type { Context } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import { keyText } from "../graph/key.ts";
import type { Code, Operator, Reaction, StepDefinition, StepScope } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { Turns } from "./turns.ts";

/** What `mapWithState` does with events. */
export const MAP_WITH_STATE: StepDefinition = {
  kind: "mapWithState",
  shape: "box",
  options: z.strictObject({}),
  code: { initial: "required", fn: "required", key: "optional" },
  open: ({ code }, scope) => new MapWithState(code, scope),
};

class MapWithState implements Operator {
  readonly #code: Readonly<Record<string, Code>>;
  readonly #scope: StepScope;
  readonly #states = new Map<string, unknown>();
  readonly #turns = new Turns(); // the next of a key sees the state that this one leaves

  constructor(code: Readonly<Record<string, Code>>, scope: StepScope) {
    this.#code = code;
    this.#scope = scope;
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    const key = this.#keyOf(event);
    return this.#turns.take(key, () => this.#call(key, event), (result) => this.#keep(key, event, result));
  }

  #keyOf(event: FlowEvent): string {
    const own = this.#code.key;
    if (own === undefined) return event.key ?? "";
    return keyText(own(this.#scope.read(event)), "find the event's state");
  }

  #call(key: string, event: FlowEvent): unknown {
    if (!this.#states.has(key)) this.#states.set(key, this.#code.initial!(key));
    return this.#code.fn!(this.#scope.read(event), this.#states.get(key), this.#scope.contextOf(event));
  }

  #keep(key: string, event: FlowEvent, result: unknown): FlowEvent {
    if (!Array.isArray(result) || result.length !== 2) {
      throw new TypeError(
        `Cannot keep the state of key "${key}": the function returns ${
          Array.isArray(result) ? `a list of ${result.length}` : typeof result
        }, not [body, state]`,
      );
    }
    this.#states.set(key, result[1]);
    this.#scope.write(event, result[0]);
    return event;
  }
}

/**
 * Makes a body of each event and of a state that is kept for its key, and keeps what the function leaves. States live as long as the
 * flow; one started again begins anew.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { mapWithState, serving } from "levada";
 *
 * const fn = serving("visits");
 * fn.setTopology("flow")
 *   .to("count", mapWithState(() => 0, (user: string, n) => [`${user}: ${n + 1}`, n + 1], { key: (user) => user }))
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual([await server.test("/", "ann"), await server.test("/", "bob"), await server.test("/", "ann")], [
 *   "ann: 1",
 *   "bob: 1",
 *   "ann: 2",
 * ]);
 * ```
 *
 * @param initial Gets the key, returns its first state.
 * @param fn Gets the body, the state and the context; returns the new body and the new state, at once or later.
 * @param options `key` gives text or a number; by default the event's key, and one state for all events without one.
 */
export function mapWithState<In, State, Out>(
  initial: (key: string) => State,
  fn: (body: In, state: State, context: Context) => Maybe<[body: Out, state: State]>,
  options: { key?: (body: In) => string | number } = {},
): ReadyStep<In, Out> {
  return new ReadyStep(MAP_WITH_STATE, {}, {
    initial,
    fn,
    ...(options.key === undefined ? {} : { key: options.key }),
  });
}
