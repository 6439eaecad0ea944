import type { Clock } from "./clock.ts";
import type { FlowEvent } from "./event.ts";
import type { KeyedTable } from "./keyed_table.ts";

/** Writes a line that tells when, which function and which step; `fields` are kept as data. */
export type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Log lines by level. */
export type Log = Readonly<Record<"debug" | "info" | "warn" | "error", LogLine>>;

/** What a step may ask of its surroundings. */
export interface Context {
  /** The name of the step; in a route, the route's key. */
  readonly step: string;
  /** The name of the function that the step runs in. */
  readonly function: string;
  /** Whether this is the mock server. */
  readonly isMock: boolean;
  /** Aborts when the caller hangs up or the time for the event is over. */
  readonly signal: AbortSignal;
  /** The time that the flow goes by: a step that waits or measures by it can be tested with `testClock`. */
  readonly clock: Clock;
  /** What the event's request gives by name: of path, query and body, as the function's API says (`setApi`); empty without one. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Writes lines that tell when, which function and which step. */
  readonly log: Log;
  /** A parameter of the function (`setParam`), or the fallback. */
  param<Value = unknown>(name: string, fallback?: Value): Value;
  /**
   * What the steps of this function share while it runs: a cache, a connection, a count. It ends with the function, and no replica
   * and no other function sees it.
   */
  readonly state: Map<string, unknown>;
  /** Rows by key, under a name: the same table for all steps of a function, as long as the flow runs. */
  table(name: string): KeyedTable;
  /**
   * Counts or measures something under a name, for the metrics: a name that ends in `_total` counts, and values are added to it; any
   * other measures, and keeps the last value. Letters, digits and `_` of the name count, anything else is `_`. What is no finite number
   * is left out.
   */
  metric(name: string, value: number): void;
  /** Reports an error that does not fail the event: it goes to the log and the error stream. */
  pushError(event: FlowEvent, error: Error): void;
}
