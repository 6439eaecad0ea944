import { delegated } from "../flow/delegated.ts";
import type { Instruments } from "../flow/instruments.ts";
import type { StepName } from "../graph/model_watch.ts";
import type { FlowEvent } from "../graph/event.ts";
import { HELD, type Operator } from "../graph/operator.ts";
import { failSpan } from "./fail_span.ts";
import { type OpenTelemetry, type Span, type TraceContext } from "./open_telemetry.ts";
import { Traces } from "./traces.ts";

/** How spans are made. */
export interface TracingOptions {
  /** Whether `fetch` sends the trace along by itself, as Deno's own exporter has it do: saying it twice makes it unreadable. */
  readonly fetchTells: boolean;
}

const PREFIX = "levada";

/** Makes a span of each step's and each model's work, and tells where a trace goes on. */
export class Tracing implements Instruments {
  readonly traces: Traces;
  readonly #api: OpenTelemetry;
  readonly #tracer: ReturnType<OpenTelemetry["trace"]["getTracer"]>;
  readonly #options: TracingOptions;

  /** Makes its spans by the API. */
  constructor(api: OpenTelemetry, options: TracingOptions) {
    this.#api = api;
    this.#options = options;
    this.#tracer = api.trace.getTracer(PREFIX);
    this.traces = new Traces(api);
  }

  step(operator: Operator, { step, function: fn }: StepName): Operator {
    const { plain: _plain, ...inner } = delegated(operator); // the short way makes no event that a trace could belong to
    return {
      ...inner,
      process: (event) => {
        const attributes = { "levada.step": step, "levada.function": fn, "levada.event.id": event.id };
        const links = this.traces.links(event);
        const parent = this.traces.of(event);
        const span = this.#tracer.startSpan(step, { attributes, links }, parent);
        const context = this.#api.trace.setSpan(parent, span);
        if (!this.traces.has(event)) this.traces.keep(event, context); // nothing is above: what follows belongs to the first step
        return this.#within(span, context, () => {
          const reaction = operator.process(event);
          if (reaction === HELD) span.setAttributes({ "levada.held": true });
          return reaction;
        });
      },
    };
  }

  readonly model: NonNullable<Instruments["model"]> = ({ model, operation, event, function: fn }, answer) => {
    const parent = this.#api.context.active();
    const what = operation === "" ? (event.method === "GET" ? "metadata" : "infer") : operation;
    const attributes = {
      "levada.model": model,
      "levada.operation": what,
      "levada.function": fn,
      "levada.event.id": event.id,
    };
    const span = this.#tracer.startSpan(`model ${model}`, { attributes }, parent);
    return this.#within(span, this.#api.trace.setSpan(parent, span), answer);
  };

  traceHeaders(event: FlowEvent, how: "asks" | "publishes"): Record<string, string> {
    if (how === "publishes") return this.traces.headersOf(this.traces.of(event));
    return this.#options.fetchTells ? {} : this.traces.headersOf(this.#api.context.active());
  }

  logFields(event: FlowEvent | undefined): Record<string, string> {
    const { trace } = this.#api;
    const span = trace.getActiveSpan() ?? (event === undefined ? undefined : trace.getSpan(this.traces.of(event)));
    if (span === undefined) return {};
    const { traceId, spanId } = span.spanContext();
    return { traceId, spanId };
  }

  /** Does work as part of a span, and ends it when the work is done. */
  #within<Result>(span: Span, context: TraceContext, work: () => Result): Result {
    let result: Result;
    try {
      result = this.#api.context.with(context, work);
    } catch (error) {
      failSpan(span, error);
      throw error;
    }
    if (result instanceof Promise) result.then(() => span.end(), (error) => failSpan(span, error));
    else span.end();
    return result;
  }
}
