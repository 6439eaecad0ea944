import { isA } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";
import type { Context, Log } from "../graph/context.ts";
import { FlowEvent } from "../graph/event.ts";
import { keepModelWatch } from "../graph/model_watch.ts";
import { keepInstruments, stepLog } from "./step_log.ts";
import { SYSTEM_CLOCK } from "./system_clock.ts";
import { type FlowMonitor, keepMonitor } from "../graph/monitor.ts";
import type { OpenTable, Tables } from "./tables.ts";
import type { ErrorStream } from "./failures.ts";
import type { Instruments } from "./instruments.ts";
import type { PublishingWatch } from "./publishing_watch.ts";
import type { ExchangeOutput } from "../streams/exchange.ts";
import type { Stream } from "../streams/stream.ts";

/** What a queue says of its stream. */
export interface QueueStream {
  /** Undefined where the queue names none. */
  readonly path?: string | undefined;
  /** How many events may wait in it, where it has a bound. */
  readonly capacityEvents?: number | undefined;
}

/** What every step of a flow may ask of where it runs: a context without a step's name. */
export interface Surroundings {
  readonly isMock: boolean;
  readonly params: ReadonlyMap<string, unknown>;
  readonly log: Log;
  /** What the steps of a function share, by the function's name. Default: each step has its own. */
  readonly stateOf?: (fn: string) => Map<string, unknown>;
  /** The time that the flow goes by. Default: the machine's. */
  readonly clock?: Clock;
  /** Opens what steps get by `context.table`, once for a name and function. Default: tables in memory, empty. */
  readonly table?: OpenTable;
  /** Opens the stream that a queue at the end of the graph fills. Default: what leaves is kept in this process, to look at. */
  readonly openStream?: (queue: string, options: QueueStream) => Promise<Stream>;
  /** Opens the same stream for what becomes of records that are exchanged. Default: none are. */
  readonly openExchanged?: (queue: string, options: QueueStream) => Promise<ExchangeOutput>;
  /** Looks on while queues publish. Default: nobody. */
  readonly publishing?: PublishingWatch;
  /** What measures and traces the flow, and gets what steps measure by `context.metric`. Default: nobody. */
  readonly instruments?: Instruments | undefined;
  /** Keeps records of what models are asked and answer. Default: nobody. */
  readonly monitor?: FlowMonitor | undefined;
  /** Gets every failure that no handler took, and what steps report. Default: nobody. */
  readonly errorStream?: ErrorStream;
  /** Told of what steps report by `context.pushError`; `start` sets it. */
  readonly pushError?: (event: FlowEvent, error: Error, step: string) => void;
}

const NEVER_ABORTS = new AbortController().signal;

/** The context of one step; `tables` are those of the flow. */
export function contextFor(
  step: string,
  fn: string,
  { tables, ...surroundings }: Surroundings & { readonly tables: Tables },
): Context {
  const { isMock, params, log, instruments, monitor } = surroundings;
  const at = { step, function: fn };
  const context: Context = {
    step,
    function: fn,
    isMock,
    log: stepLog(log, at),
    clock: surroundings.clock ?? SYSTEM_CLOCK,
    signal: NEVER_ABORTS,
    given: {},
    state: surroundings.stateOf?.(fn) ?? new Map(),
    param<Value>(name: string, fallback?: Value): Value {
      return (params.has(name) ? params.get(name) : fallback) as Value;
    },
    table: (name) => tables.table(name, { function: fn, step }),
    metric(name, value) {
      instruments?.metric?.(name, value, at);
    },
    pushError(event, error) {
      checkReport(event, error);
      log.error(error.message, { event: event.id, function: fn, step, error: error.name });
      surroundings.pushError?.(event, error, step);
    },
  };
  if (instruments !== undefined) keepInstruments(context, instruments);
  if (instruments?.model !== undefined) keepModelWatch(context, instruments.model);
  if (monitor !== undefined) keepMonitor(context, monitor);
  return context;
}

function checkReport(event: unknown, error: unknown): void {
  const wrong = !isA(event, FlowEvent)
    ? `its event is ${event === null ? "null" : typeof event}, not the step's event (fullEvent: true)`
    : !isA(error, Error)
    ? `it is ${error === null ? "null" : typeof error}, not an Error`
    : undefined;
  if (wrong === undefined) return;
  throw new TypeError(`Cannot report the error: ${wrong}. Say context.pushError(event, new Error("…"))`);
}
