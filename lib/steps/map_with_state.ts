import { z } from "zod";
import type { Context } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import { keyText } from "../graph/key.ts";
import type { KeyedTable } from "../graph/keyed_table.ts";
import { andThen } from "../graph/later.ts";
import type { Code, Operator, Reaction, StepDefinition, StepScope } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { kindOf } from "../kind_of.ts";
import { Turns } from "./state/turns.ts";

const OPTIONS = z.strictObject({ table: z.string().min(1).optional() });

/** What `mapWithState` does with events. */
export const MAP_WITH_STATE: StepDefinition = {
  kind: "mapWithState",
  shape: "box",
  table: "fills",
  options: OPTIONS,
  code: { initial: "required", fn: "required", key: "optional" },
  open({ options, code }, scope) {
    const { table } = OPTIONS.parse(options);
    return new MapWithState(code, scope, table === undefined ? undefined : scope.context.table(table));
  },
};

class MapWithState implements Operator {
  readonly #code: Readonly<Record<string, Code>>;
  readonly #scope: StepScope;
  readonly #table: KeyedTable | undefined;
  readonly #states = new Map<string, unknown>();
  readonly #turns = new Turns(); // the next of a key sees the state that this one leaves

  constructor(code: Readonly<Record<string, Code>>, scope: StepScope, table: KeyedTable | undefined) {
    this.#code = code;
    this.#scope = scope;
    this.#table = table;
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
    if (this.#table !== undefined) return this.#callWithRow(this.#table, key, event);
    if (!this.#states.has(key)) this.#states.set(key, this.#code.initial!(key));
    return this.#code.fn!(this.#scope.read(event), this.#states.get(key), this.#scope.contextOf(event));
  }

  /** The row is set in this turn, so that the next of its key reads what this one has left. */
  #callWithRow(table: KeyedTable, key: string, event: FlowEvent): unknown {
    const call = (state: unknown) =>
      this.#code.fn!(this.#scope.read(event), state ?? this.#code.initial!(key), this.#scope.contextOf(event));
    const put = (result: unknown) => {
      const [, state] = pairOf(result, key);
      return andThen(table.put(key, state as Record<string, unknown>), () => result);
    };
    return andThen(andThen(table.get(key), call), put);
  }

  #keep(key: string, event: FlowEvent, result: unknown): FlowEvent {
    const [body, state] = pairOf(result, key);
    if (this.#table === undefined) this.#states.set(key, state);
    this.#scope.write(event, body);
    return event;
  }
}

function pairOf(result: unknown, key: string): readonly unknown[] {
  if (Array.isArray(result) && result.length === 2) return result;
  throw new TypeError(
    `Cannot keep the state of key "${key}": the function returns ${
      Array.isArray(result) ? `a list of ${result.length}` : kindOf(result)
    }, not [body, state]`,
  );
}

/**
 * Makes a body of each event and of a state that is kept for its key, and keeps what the function leaves. States live as long as the
 * flow, and one started again begins anew; unless they are the rows of a table that outlives it.
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
 *   `table` is the name of the table that keeps the states, which are objects then: the rows of their keys. Default: the step.
 */
export function mapWithState<In, State, Out>(
  initial: (key: string) => State,
  fn: (body: In, state: State, context: Context) => Maybe<[body: Out, state: State]>,
  options: { key?: (body: In) => string | number; table?: string } = {},
): ReadyStep<In, Out> {
  return new ReadyStep(MAP_WITH_STATE, options.table === undefined ? {} : { table: options.table }, {
    initial,
    fn,
    ...(options.key === undefined ? {} : { key: options.key }),
  });
}
