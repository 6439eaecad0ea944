import type { FlowEvent } from "../graph/event.ts";
import { Trip } from "../flow/trip.ts";
import type { OpenTelemetry, SpanContext, TraceContext } from "./open_telemetry.ts";

const MOST_LINKS = 32; // a batch of thousands names some of its members

/** Which trace each event belongs to. */
export class Traces {
  readonly #api: OpenTelemetry;
  readonly #contexts = new WeakMap<object, TraceContext>();

  /** Asks the API for what the event does not say. */
  constructor(api: OpenTelemetry) {
    this.#api = api;
  }

  /** All that becomes of an event belongs to this span. */
  keep(event: FlowEvent, context: TraceContext): void {
    this.#contexts.set(event.identity, context);
  }

  /**
   * Where the event belongs: what was kept, else, for one that was joined of others, to the first of them; else what it came with, by
   * its headers; else what is going on now.
   */
  of(event: FlowEvent): TraceContext {
    const kept = this.#contexts.get(event.identity);
    if (kept !== undefined) return kept;
    const first = membersOf(event)[0];
    const context = first === undefined ? this.#come(event) : this.of(first);
    this.#contexts.set(event.identity, context);
    return context;
  }

  /** The spans of the others that an event was joined of. */
  links(event: FlowEvent): { readonly context: SpanContext }[] {
    return membersOf(event).slice(1, MOST_LINKS + 1).flatMap((member) => {
      const span = this.#api.trace.getSpan(this.of(member));
      return span === undefined ? [] : [{ context: span.spanContext() }];
    });
  }

  /** Whether anything is known of the trace of an event. */
  has(event: FlowEvent): boolean {
    return this.#api.trace.getSpan(this.of(event)) !== undefined;
  }

  /** The headers of a trace's place. */
  headersOf(context: TraceContext): Record<string, string> {
    const carrier: Record<string, string> = {};
    this.#api.propagation.inject(context, carrier);
    return carrier;
  }

  #come(event: FlowEvent): TraceContext {
    const { context, propagation, ROOT_CONTEXT } = this.#api;
    if (!event.headers.has("traceparent")) return context.active();
    return propagation.extract(ROOT_CONTEXT, Object.fromEntries(event.headers));
  }
}

function membersOf(event: FlowEvent): readonly FlowEvent[] {
  const { track } = event;
  const members = track instanceof Trip ? track.members : undefined;
  return members === undefined || members.includes(event) ? [] : members;
}
