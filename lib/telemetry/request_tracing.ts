import type { FlowEvent } from "../graph/event.ts";
import { type OpenTelemetry, type Span, SPAN_KIND, STATUS_ERROR, type TraceContext } from "./open_telemetry.ts";
import type { Traces } from "./traces.ts";

/** What a server span is made with. */
export interface RequestTracingOptions {
  /** Where events are told to belong. */
  readonly traces: Traces;
  /** The function that is served. */
  readonly function: string;
  /** Whether what serves has made a span already, and made it the active one, as `Deno.serve` does with Deno's own exporter. */
  readonly hasSpan: boolean;
}

/** One request as a span. */
export class ServerSpan {
  readonly #api: OpenTelemetry;
  readonly #traces: Traces;
  readonly #span: Span;
  readonly #context: TraceContext;
  readonly #isOwn: boolean;

  /** Takes the span and its place; one that is not its own is ended by somebody else. */
  constructor(api: OpenTelemetry, { traces, span, context, isOwn }: {
    readonly traces: Traces;
    readonly span: Span;
    readonly context: TraceContext;
    readonly isOwn: boolean;
  }) {
    this.#api = api;
    this.#traces = traces;
    this.#span = span;
    this.#context = context;
    this.#isOwn = isOwn;
  }

  /** Its trace and itself. */
  get ids(): { traceId: string; spanId: string } {
    const { traceId, spanId } = this.#span.spanContext();
    return { traceId, spanId };
  }

  /** Does work as a part of it. */
  within<Result>(work: () => Result): Result {
    return this.#api.context.with(this.#context, work);
  }

  /** All that becomes of an event belongs to it. */
  take(event: FlowEvent): void {
    this.#traces.keep(event, this.#context);
    this.#span.setAttributes({ "levada.event.id": event.id });
  }

  /** The request is answered. */
  end(status: number): void {
    if (status >= 500) this.#span.setStatus({ code: STATUS_ERROR });
    if (!this.#isOwn) return;
    this.#span.setAttributes({ "http.response.status_code": status });
    this.#span.end();
  }
}

/** Makes a span of each request, or takes the one that the server has made. */
export class RequestTracing {
  readonly #api: OpenTelemetry;
  readonly #options: RequestTracingOptions;
  readonly #tracer: ReturnType<OpenTelemetry["trace"]["getTracer"]>;

  /** Makes its spans by the API. */
  constructor(api: OpenTelemetry, options: RequestTracingOptions) {
    this.#api = api;
    this.#options = options;
    this.#tracer = api.trace.getTracer("levada");
  }

  /** A request comes in; a trace that it says it belongs to (W3C `traceparent`) goes on. */
  begin({ method, headers }: Pick<Request, "method" | "headers">, route: string | undefined): ServerSpan {
    const { traces, hasSpan, function: fn } = this.#options;
    const { trace, context, propagation, ROOT_CONTEXT } = this.#api;
    const name = route === undefined ? method : `${method} ${route}`;
    const attributes = {
      "http.request.method": method,
      "levada.function": fn,
      ...(route === undefined ? {} : { "http.route": route }),
    };
    const given = hasSpan ? trace.getActiveSpan() : undefined;
    if (given !== undefined) {
      given.updateName(name);
      given.setAttributes(attributes);
      return new ServerSpan(this.#api, { traces, span: given, context: context.active(), isOwn: false });
    }
    const parent = headers.has("traceparent")
      ? propagation.extract(ROOT_CONTEXT, Object.fromEntries(headers))
      : context.active();
    const span = this.#tracer.startSpan(name, { kind: SPAN_KIND.server, attributes }, parent);
    return new ServerSpan(this.#api, { traces, span, context: trace.setSpan(parent, span), isOwn: true });
  }
}
