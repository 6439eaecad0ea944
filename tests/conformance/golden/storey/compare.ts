/** Compares the runs of a storey flow with the recorded ones, exactly, part by part. */

import { missingFrom } from "../error_text.ts";
import type { GoldenCase, GoldenRun } from "../golden_case.ts";
import { difference, show } from "../same.ts";
import { decodeSpecial, encodeEvents } from "../special.ts";
import type { Settled, StoreyRun, ToldFailure } from "./run.ts";

/** One thing in which a run differs from the recorded one. */
export interface RunDifference {
  readonly aspect: "result" | "termination" | "failures";
  readonly text: string;
  readonly run: number;
  /** Which event's result. */
  readonly emit?: number;
}

/** Lists every difference of the runs. */
export function compareRuns({ runs = [] }: GoldenCase, ours: readonly StoreyRun[]): RunDifference[] {
  return runs.flatMap((recorded, run) => {
    const own = ours[run];
    if (own === undefined) return [{ aspect: "termination" as const, text: "was not run", run }];
    return [
      ...resultDifferences(recorded, own).map((found) => ({ aspect: "result" as const, ...found, run })),
      ...[terminationDifference(recorded, own)].flatMap((text) =>
        text === undefined ? [] : [{ aspect: "termination" as const, text, run }]
      ),
      ...[failureDifference(recorded, own)].flatMap((text) =>
        text === undefined ? [] : [{ aspect: "failures" as const, text, run }]
      ),
    ];
  });
}

function resultDifferences({ results = [] }: GoldenRun, own: StoreyRun): { text: string; emit: number }[] {
  return results.flatMap((recorded, emit) => {
    const found = own.results[emit];
    const text = found === undefined ? "was not sent" : settledDifference(recorded ?? { result: null }, found);
    return text === undefined ? [] : [{ text, emit }];
  });
}

function terminationDifference({ termination }: GoldenRun, own: StoreyRun): string | undefined {
  return termination === undefined ? undefined : settledDifference(termination, own.termination);
}

/** Every failure that storey pushes is told here: its event, its step, its words. Where storey has none, there is none to tell. */
function failureDifference({ pushed_errors, ...recorded }: GoldenRun, { failures }: StoreyRun): string | undefined {
  const hasFailed = [recorded.termination, ...recorded.results ?? []].some((settled) => settled?.raises !== undefined);
  if (pushed_errors === undefined && hasFailed) return undefined;
  const pushed = pushed_errors ?? [];
  const isTold = ({ id, source, message }: (typeof pushed)[number], told: ToldFailure | undefined) =>
    told?.id === id && told.step === source && missingFrom(message, told.message) === undefined;
  return pushed.length === failures.length && pushed.every((failure, at) => isTold(failure, failures[at]))
    ? undefined
    : `told of ${show(failures)}, not of ${show(pushed)}`;
}

type Recorded = NonNullable<NonNullable<GoldenRun["results"]>[number]>;

/** Tells how what we gave differs from what is recorded; undefined where it does not. */
export function settledDifference(recorded: Recorded, found: Settled): string | undefined {
  const raised = recorded.raises ?? recorded.emit_raises;
  if (raised !== undefined) {
    return "raises" in found
      ? missingFrom(`${raised.class}: ${raised.message}`, found.raises.message)
      : `gave ${show(found.result)}; storey raises ${raised.message}`;
  }
  if ("raises" in found) return `failed: ${found.raises.message}`;
  return difference(decodeSpecial(recorded.result) ?? null, encodeEvents(found.result) ?? null);
}
