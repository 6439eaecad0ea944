import type { Fault } from "../errors.ts";

/** A stream that a function reads where it runs by itself; those of schedules are not among them. */
export interface UnitFeed {
  /** The child's name, or the serving function's own. */
  readonly function: string;
  /** Secrets in it by name. */
  readonly path: string;
  readonly group: string;
  /** The trigger that says so; left out for a queue. */
  readonly trigger?: string;
  /** Where a group begins that has not read before. Default: at the first record. */
  readonly from?: "end";
}

/** What a function is where it runs: whole in one process, or itself and each child apart. */
export interface DescribedUnits {
  /** What keeps it from running at all. */
  readonly whole: readonly Fault[];
  /** What keeps its functions from running each by itself, beside that. */
  readonly apart: readonly Fault[];
  /** Which streams its functions read where they run apart, as far as they can. */
  readonly feeds: readonly UnitFeed[];
}
