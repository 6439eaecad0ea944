import type { OpenTable } from "../flow/tables.ts";
import type { TrackingSettings } from "../monitoring/tracking_options.ts";
import type { FunctionOptions } from "./function_options.ts";
import type { GraphSource } from "../graph/source.ts";
import type { Trigger } from "../triggers/trigger.ts";

/** What runs a function reads of it, apart from what users see. */
export interface Unit {
  readonly name: string;
  /** Its parameters as they are now. */
  params(): ReadonlyMap<string, unknown>;
  /** What opens the tables that were handed in, as they are now. */
  tables(): OpenTable;
  /** How its models are tracked, as it is set now; undefined where they are not. */
  tracking(): TrackingSettings | undefined;
  /** What starts it by itself, by name, as it is now. */
  triggers(): ReadonlyMap<string, Trigger>;
  /** The child functions that were declared. */
  children(): string[];
  /** What the function, or a child, needs where it runs. */
  place(child: string): FunctionOptions;
  /**
   * Its graph as it is now.
   *
   * @throws {GraphError} If it has none yet.
   */
  source(): GraphSource;
}

const UNITS = new WeakMap<object, Unit>();

/** Keeps the unit of a function. */
export function keepUnit(fn: object, unit: Unit): void {
  UNITS.set(fn, unit);
}

/**
 * The unit of a function.
 *
 * @throws {TypeError} If the object is no function of `serving`.
 */
export function unitOf(fn: object): Unit {
  const unit = UNITS.get(fn);
  if (unit === undefined) throw new TypeError('Cannot run a function: this is none. Make one: serving("name")');
  return unit;
}
