/** Rules about flows of storey: what runs on, what ends, and what closing gives. */

import type { Difference, Rule } from "../rule.ts";
import { verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { decodeSpecial, encodeEvents } from "../special.ts";
import { settledDifference } from "../storey/compare.ts";
import { readFlow } from "../storey/flow.ts";
import { type Reference, referTo } from "../storey/reference.ts";
import type { StoreyRun } from "../storey/run.ts";

/** A failure is that event's. */
const FLOWS_LIVE_ON: Rule = {
  name: "flows-live-on",
  reason:
    "a failure is that event's: its caller or the log is told, and the events behind it go on; storey's flow dies of it unless its context has push_error",
  judge(difference) {
    const found = runOf(difference);
    if (found === undefined || found.recorded.termination?.raises === undefined) return undefined;
    const { own, reference, recorded } = found;
    const [first] = reference.failures;
    const told = own.failures.map(({ id, step, message }) => ({ id, step, message }));
    return verdict(
      first !== undefined &&
        settledDifference(recorded.termination!, { raises: new Error(first.message) }) === undefined
        ? undefined
        : "the recorded failure is none of a step",
      closingComplaint(own, reference.folds),
      valueDifference(
        reference.failures.map(({ emit, step, message }) => ({ id: idOf(difference, emit), step, message })),
        told.map(({ message, ...rest }) => ({ ...rest, message: message.replace(/^Step ".*" failed: /, "") })),
      ),
      difference.emit === undefined ? undefined : resultComplaint(own, reference, difference.emit),
    );
  },
};

/** Every fold counts. */
const FOLDS_HAVE_NAMES: Rule = {
  name: "folds-have-names",
  reason:
    "where several steps fold, closing gives each one's result by the step's name; storey gives the first that is not None, and the others are lost",
  judge(difference) {
    const found = runOf(difference);
    if (found === undefined || difference.aspect !== "termination") return undefined;
    const { own, reference, recorded } = found;
    const folds = Object.values(reference.folds);
    if (recorded.termination?.raises !== undefined || folds.length < 2) return undefined;
    const result = decodeSpecial(recorded.termination?.result);
    return verdict(
      folds.some((fold) => valueDifference(result, fold) === undefined) ? undefined : "no fold gives what is recorded",
      closingComplaint(own, reference.folds),
    );
  },
};

/** A run is a run. */
const RUNS_BEGIN_ANEW: Rule = {
  name: "runs-begin-anew",
  reason:
    "a flow that is started again begins with the states that it was written with; storey's keeps what the run before left",
  judge({ aspect, case: given, performance, run = 0 }) {
    const [first] = given.runs ?? [];
    const own = performance.runs?.[run];
    const keepsState = readFlow(given.graph?.flow ?? []).some((item) =>
      "className" in item && item.className === "MapWithState"
    );
    if (aspect !== "termination" || run === 0 || own === undefined || first?.termination === undefined || !keepsState) {
      return undefined;
    }
    return verdict(settledDifference(first.termination, own.termination));
  },
};

/** Two sides have names. */
const SIDES_HAVE_NAMES: Rule = {
  name: "sides-have-names",
  needs: "partition",
  reason:
    "a partition's sides have names, { left } or { right }, which JSON and types can tell apart; storey gives pairs with None",
  judge({ aspect, case: given, performance, run = 0 }) {
    const recorded = decodeSpecial(given.runs?.[run]?.termination?.result);
    const own = performance.runs?.[run]?.termination;
    const hasSides = readFlow(given.graph?.flow ?? []).some((item) =>
      "className" in item && item.className === "Partition"
    );
    if (aspect !== "termination" || !hasSides || own === undefined || !Array.isArray(recorded)) return undefined;
    const expected = recorded.map(([left, right]) => left === null ? { right } : { left });
    return verdict(settledDifference({ result: expected }, own));
  },
};

/** The rules about flows. */
export const FLOW_RULES: readonly Rule[] = [FLOWS_LIVE_ON, FOLDS_HAVE_NAMES, RUNS_BEGIN_ANEW, SIDES_HAVE_NAMES];

/** The run that a difference is about, with what it should have done. */
function runOf({ case: given, performance, run }: Difference) {
  const recorded = given.runs?.[run ?? -1];
  const own = performance.runs?.[run ?? -1];
  const reference = referTo(readFlow(given.graph?.flow ?? []), given.emits ?? []);
  if (recorded === undefined || own === undefined || reference === undefined) return undefined;
  return { recorded, own, reference };
}

/** Closing gives the one fold, or all by name. */
function closingComplaint({ termination }: StoreyRun, folds: Readonly<Record<string, unknown>>): string | undefined {
  if ("raises" in termination) return `closing failed: ${termination.raises.message}`;
  const values = Object.values(folds);
  const expected = values.length > 1 ? folds : values[0] ?? null;
  return valueDifference(expected, encodeEvents(termination.result) ?? null);
}

/** An event that completed answers with its body; one that failed, with its failure. */
function resultComplaint({ results }: StoreyRun, { completed, failures }: Reference, emit: number): string | undefined {
  const found = results[emit];
  if (found === undefined) return "it was not sent";
  const failure = failures.find((failed) => failed.emit === emit);
  if (failure !== undefined) return settledDifference({ raises: { class: "Error", message: failure.message } }, found);
  return settledDifference({ result: completed[emit]?.[0] ?? null }, found);
}

function idOf({ case: given }: Difference, emit: number): string {
  return given.emits?.[emit]?.id ?? `event ${emit}`;
}
