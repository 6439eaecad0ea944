import type { FlowEvent } from "../graph/event.ts";
import type { ModelWatch, StepName } from "../graph/model_watch.ts";
import type { Operator } from "../graph/operator.ts";

/** What measures and traces a flow, decided when it starts; a flow without them pays nothing for it. */
export interface Instruments {
  /** Puts something around what a step does, when it is opened. */
  step?(operator: Operator, at: StepName): Operator;
  /** Does what a model is asked, and looks at it. */
  model?: ModelWatch;
  /** Gets what steps and models measure by `context.metric`. */
  metric?(name: string, value: number, at: StepName): void;
  /**
   * The headers by which an event's trace goes on in a request to another service (`asks`) or in a record of a stream (`publishes`).
   * Without instruments these are the W3C headers that the event came with.
   */
  traceHeaders?(event: FlowEvent, how: "asks" | "publishes"): Readonly<Record<string, string>>;
  /** What a log line tells of the trace that an event belongs to. */
  logFields?(event: FlowEvent | undefined): Readonly<Record<string, string>>;
}

const TRACE = ["traceparent", "tracestate"]; // W3C Trace Context

/** The headers by which an event's trace goes on; see `Instruments.traceHeaders`. */
export function traceHeaders(
  event: FlowEvent,
  how: "asks" | "publishes",
  instruments?: Instruments,
): Readonly<Record<string, string>> {
  if (instruments?.traceHeaders !== undefined) return instruments.traceHeaders(event, how);
  const { headers } = event;
  const found: Record<string, string> = {};
  for (const name of TRACE) {
    const value = headers.get(name);
    if (value !== null) found[name] = value;
  }
  return found;
}

/** Several instruments as one; undefined where there are none. */
export function joinInstruments(instruments: readonly Instruments[]): Instruments | undefined {
  if (instruments.length < 2) return instruments[0];
  const models = instruments.flatMap(({ model }) => model ?? []);
  const tracing = instruments.find((one) => one.traceHeaders !== undefined);
  const logging = instruments.find((one) => one.logFields !== undefined);
  return {
    step: (operator, at) => instruments.reduce((inner, one) => one.step?.(inner, at) ?? inner, operator),
    metric: (name, value, at) => instruments.forEach((one) => one.metric?.(name, value, at)),
    ...(models.length === 0 ? {} : {
      model: (question, answer) =>
        models.reduce<typeof answer>((inner, watch) => () => watch(question, inner), answer)(),
    }),
    ...(tracing === undefined ? {} : { traceHeaders: (event, how) => tracing.traceHeaders!(event, how) }),
    ...(logging === undefined ? {} : { logFields: (event) => logging.logFields!(event) }),
  };
}
