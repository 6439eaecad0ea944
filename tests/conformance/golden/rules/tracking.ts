/** Rules about the records of model monitoring. */

import type { GoldenCase } from "../golden_case.ts";
import { type Difference, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";

interface Recorded {
  readonly request: { readonly id?: string; readonly inputs: readonly unknown[] };
  readonly resp?: { readonly id?: string };
  readonly op: string | null;
  readonly [field: string]: unknown;
}

/** What a record says. */
const RECORDS_TELL_ROWS: Rule = {
  name: "records-tell-rows",
  reason:
    "a record has each row as a row, the request's id, the operation, of ensembles too, and nothing else of the request; a request that no model could work on is none. MLRun takes a list of values for one row, leaves ids and operations out, and adds a field of its own",
  judge({ aspect, what, case: given, performance }) {
    if (aspect !== "check" || what !== "records on the tracking stream") return undefined;
    const recorded = given.checks!.find((check) => check.what === what)!.result as readonly Recorded[];
    const expected = recorded.filter((record) => !isRefused(record, performance)).map((record) =>
      ourRecord(record, given)
    );
    const tracked = performance.tracked.map((record) => {
      const { microsec, ...rest } = record as { microsec: unknown };
      return { ...rest, microsec: String(microsec) }; // a number; the recording has a placeholder, which is text
    });
    return verdict(valueDifference(expected, tracked));
  },
};

/** The rules about records. */
export const TRACKING_RULES: readonly Rule[] = [RECORDS_TELL_ROWS];

/** MLRun's model was entered and had no such method; ours was not asked. */
function isRefused({ request, resp }: Recorded, { asked }: Difference["performance"]): boolean {
  const answer = asked.find((one) => one.request.id === (request.id ?? resp?.id))?.answer;
  return resp === undefined && answer !== undefined && "status" in answer && answer.status === 400;
}

function ourRecord(record: Recorded, given: GoldenCase): Record<string, unknown> {
  const id = record.request.id ?? record.resp?.id;
  const rows = rowsOf(record.request.inputs, given.requests?.find((request) => request.id === id)?.body);
  return {
    ...record,
    function_uri: "golden",
    request: { id, inputs: rows },
    op: record.op ?? "infer",
    effective_sample_count: rows.length,
  };
}

/** The rows of the request, where MLRun made one row of its values. */
function rowsOf(recorded: readonly unknown[], body: unknown): readonly unknown[] {
  const given = isRecord(body) ? body.inputs : undefined;
  const isOneRow = Array.isArray(given) && !given.some(Array.isArray) &&
    JSON.stringify([given]) === JSON.stringify(recorded);
  return isOneRow ? given.map((value) => [value]) : recorded;
}
