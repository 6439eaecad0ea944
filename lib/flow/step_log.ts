import type { Context, Log } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { StepName } from "../graph/model_watch.ts";
import type { Instruments } from "./instruments.ts";

type Fields = Readonly<Record<string, unknown>>;

const INSTRUMENTS = new WeakMap<Context, Instruments>();

/** Has the lines that are written by a context tell what instruments know of their trace. */
export function keepInstruments(context: Context, instruments: Instruments): void {
  INSTRUMENTS.set(context, instruments);
}

/** A log whose lines tell function and step. */
export function stepLog(log: Log, { function: fn, step }: StepName): Log {
  return withFields(log, () => ({ function: fn, step }));
}

/** The log of a context, for one event: its lines tell which, and which trace it belongs to. */
export function eventLog(context: Context, event: FlowEvent | undefined): Log {
  const instruments = INSTRUMENTS.get(context);
  if (event === undefined && instruments?.logFields === undefined) return context.log;
  return withFields(context.log, () => ({
    ...(event === undefined ? {} : { event: event.id }),
    ...instruments?.logFields?.(event),
  }));
}

function withFields(log: Log, known: () => Fields): Log {
  return {
    debug: (message, fields) => log.debug(message, { ...known(), ...fields }),
    info: (message, fields) => log.info(message, { ...known(), ...fields }),
    warn: (message, fields) => log.warn(message, { ...known(), ...fields }),
    error: (message, fields) => log.error(message, { ...known(), ...fields }),
  };
}
