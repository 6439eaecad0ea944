/** What is used of `@opentelemetry/api`, which is loaded only where a program has set up OpenTelemetry. */

/** A span's identity. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
}

/** One piece of work, as it is told. */
export interface Span {
  spanContext(): SpanContext;
  isRecording(): boolean;
  updateName(name: string): unknown;
  setAttributes(attributes: Readonly<Record<string, string | number | boolean>>): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  recordException(error: Error): void;
  end(): void;
}

/** What a span is begun with. */
export interface SpanOptions {
  readonly kind?: number;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly links?: readonly { readonly context: SpanContext }[];
}

/** What carries the span that work belongs to; made by the API only. */
export interface TraceContext {
  getValue(key: symbol): unknown;
}

/** A value that is told when somebody collects. */
export interface Observable {
  addCallback(read: (result: { observe(value: number, labels: Readonly<Record<string, string>>): void }) => void): void;
}

/** The API. */
export interface OpenTelemetry {
  readonly trace: {
    getTracer(name: string): { startSpan(name: string, options: SpanOptions, context: TraceContext): Span };
    getSpan(context: TraceContext): Span | undefined;
    getActiveSpan(): Span | undefined;
    setSpan(context: TraceContext, span: Span): TraceContext;
  };
  readonly context: {
    active(): TraceContext;
    with<Result>(context: TraceContext, work: () => Result): Result;
  };
  readonly propagation: {
    extract(context: TraceContext, carrier: Readonly<Record<string, string>>): TraceContext;
    inject(context: TraceContext, carrier: Record<string, string>): void;
  };
  readonly metrics: {
    getMeter(name: string): {
      createObservableCounter(name: string, options: { readonly description: string }): Observable;
      createObservableGauge(name: string, options: { readonly description: string }): Observable;
      createHistogram(
        name: string,
        options: {
          readonly description: string;
          readonly unit: string;
          readonly advice: { readonly explicitBucketBoundaries: number[] };
        },
      ): { record(value: number, labels: Readonly<Record<string, string>>): void };
    };
  };
  readonly ROOT_CONTEXT: TraceContext;
}

export const SPAN_KIND = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const;
export const STATUS_ERROR = 2;

const GLOBAL = Symbol.for("opentelemetry.js.api.1"); // where the API of every 1.x keeps what was set up

/** Whether a program has set up OpenTelemetry: Deno itself by `OTEL_DENO=true`, or an SDK. */
export function isSetUp(): boolean {
  return (globalThis as Record<symbol, { trace?: unknown } | undefined>)[GLOBAL]?.trace !== undefined;
}

/** Whether it was Deno, which makes a span of each request that it serves, and sends the trace along with each that it fetches. */
export function isDenos(): boolean {
  const { telemetry } = Deno as unknown as { telemetry?: { tracerProvider?: unknown } };
  const found = (globalThis as Record<symbol, { trace?: unknown } | undefined>)[GLOBAL]?.trace;
  return found !== undefined && found === telemetry?.tracerProvider;
}

/** Loads the API. */
export async function loadOpenTelemetry(): Promise<OpenTelemetry> {
  const name = "@opentelemetry/api";
  return await import(name) as OpenTelemetry;
}
