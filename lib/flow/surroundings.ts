import type { Context, Log } from "../graph/context.ts";

/** What every step of a flow may ask of where it runs: a context without a step's name. */
export interface Surroundings {
  readonly isMock: boolean;
  readonly params: ReadonlyMap<string, unknown>;
  readonly log: Log;
}

/** The context of one step. */
export function contextFor(step: string, fn: string, { isMock, params, log }: Surroundings): Context {
  return {
    step,
    function: fn,
    isMock,
    log,
    param<Value>(name: string, fallback?: Value): Value {
      return (params.has(name) ? params.get(name) : fallback) as Value;
    },
    pushError(event, error) {
      log.error(error.message, { event: event.id, function: fn, step, error: error.name });
    },
  };
}

/** Log lines on the console: level, message, then what else is known. */
export function consoleLog(): Log {
  const line =
    (level: "debug" | "info" | "warn" | "error") => (message: string, fields?: Readonly<Record<string, unknown>>) => {
      const rest = Object.entries(fields ?? {}).map(([key, value]) =>
        `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`
      );
      console[level]([`${level}: ${message}`, ...rest].join(" "));
    };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
