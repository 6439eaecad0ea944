/** What a case of storey sends in, and what its runs gave. */

import type { GoldenCase, GoldenEmit } from "../golden_case.ts";
import type { Difference } from "../rule.ts";
import { decodeSpecial, encodeEvents } from "../special.ts";

/** One event that a flow of storey is given. */
export type Emit = GoldenEmit;

/** The events of a case, in the order in which they come. */
export function emitsOf({ emits = [] }: GoldenCase): readonly Emit[] {
  return emits;
}

/** What each recorded run ended with. */
export function recordedRuns({ runs = [] }: GoldenCase): unknown[] {
  return runs.map(({ termination }) => decodeSpecial(termination?.result));
}

/** What closing gave in the run that a difference is about; undefined where it failed. */
export function resultOf({ performance, run = 0 }: Difference): unknown {
  const termination = performance.runs?.[run]?.termination;
  return termination !== undefined && "result" in termination ? encodeEvents(termination.result) : undefined;
}
