import type { Context, Log } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { KeyedTable } from "../graph/keyed_table.ts";

/** What a step's function is told for one event: the step's context, and the event's own signal. */
export class CallContext implements Context {
  readonly #base: Context;
  readonly #event: FlowEvent;

  constructor(base: Context, event: FlowEvent) {
    this.#base = base;
    this.#event = event;
  }

  get step(): string {
    return this.#base.step;
  }

  get function(): string {
    return this.#base.function;
  }

  get isMock(): boolean {
    return this.#base.isMock;
  }

  get log(): Log {
    return this.#base.log;
  }

  get state(): Map<string, unknown> {
    return this.#base.state;
  }

  get signal(): AbortSignal {
    return this.#event.track?.signal ?? this.#base.signal;
  }

  param<Value = unknown>(name: string, fallback?: Value): Value {
    return this.#base.param(name, fallback);
  }

  table(name: string): KeyedTable {
    return this.#base.table(name);
  }

  metric(name: string, value: number): void {
    this.#base.metric(name, value);
  }

  pushError(event: FlowEvent, error: Error): void {
    this.#base.pushError(event, error);
  }
}
