import type { Clock } from "../graph/clock.ts";
import type { Context, Log } from "../graph/context.ts";
import { FlowEvent, type Track } from "../graph/event.ts";
import { eventLog } from "./step_log.ts";

/** What the engine counts an event by: the event itself, or, before one is made, what it will be counted by. */
export interface Tracked {
  readonly track: Track | undefined;
  /** The event, where this is not the event itself and there is one. */
  readonly event?: FlowEvent | undefined;
}

/** What a step's function is told for one event: the step's context, and the event's own signal. Its functions may be taken out. */
export class CallContext implements Context {
  readonly #base: Context;
  readonly #tracked: Tracked;

  constructor(base: Context, tracked: Tracked) {
    this.#base = base;
    this.#tracked = tracked;
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

  get clock(): Clock {
    return this.#base.clock;
  }

  /** Lines that also tell which event, and which trace; made when a step asks for it. */
  get log(): Log {
    const event = this.#tracked instanceof FlowEvent ? this.#tracked : this.#tracked.event;
    return eventLog(this.#base, event);
  }

  get state(): Map<string, unknown> {
    return this.#base.state;
  }

  get given(): Context["given"] {
    const tracked = this.#tracked;
    return (tracked instanceof FlowEvent ? tracked : tracked.event)?.given ?? this.#base.given;
  }

  get signal(): AbortSignal {
    return this.#tracked.track?.signal ?? this.#base.signal;
  }

  get param(): Context["param"] {
    return this.#base.param;
  }

  get table(): Context["table"] {
    return this.#base.table;
  }

  get metric(): Context["metric"] {
    return this.#base.metric;
  }

  get pushError(): Context["pushError"] {
    return this.#base.pushError;
  }
}
