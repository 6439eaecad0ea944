/** Rules about steps that give chunk after chunk. */

import { errorShape } from "../compare.ts";
import { missingFrom } from "../error_text.ts";
import type { GoldenCase } from "../golden_case.ts";
import { answered, refused, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { errorOf, statusIs } from "./errors.ts";

/** A stream that fails has no list. */
const COLLECTED_FAILURES_FAIL: Rule = {
  name: "collected-failures-fail",
  reason:
    "a stream that fails has no result: its caller gets the failure, 500 naming the step; MLRun answers 200 with { error } where the list should be",
  judge({ case: given, ...difference }) {
    const found = answered({ case: given, ...difference });
    const body = found?.request.expect.body;
    if (found === undefined || !collects(given) || !isRecord(body) || typeof body.error !== "string") return undefined;
    return verdict(
      statusIs(500, found.answer),
      errorShape(found.request, found.answer),
      missingFrom(body.error, errorOf(found.answer)),
      isRecord(found.answer.body) && found.answer.body.step === found.request.trace?.[0]
        ? undefined
        : "it does not name the step that streams",
    );
  },
};

/** A list is a list, however long. */
const COLLECTORS_GIVE_LISTS: Rule = {
  name: "collectors-give-lists",
  reason: "the chunks of a stream are a list, also where there is one; MLRun gives that one bare",
  judge({ case: given, ...difference }) {
    const found = answered({ case: given, ...difference });
    if (found === undefined || !collects(given)) return undefined;
    const { status, body } = found.request.expect;
    if (status !== 200 || Array.isArray(body) || isRecord(body)) return undefined;
    return verdict(statusIs(200, found.answer), valueDifference([body], found.answer.body));
  },
};

/** A generator behind a generator. */
const STREAMS_ARE_NOT_NESTED: Rule = {
  name: "streams-are-not-nested",
  reason:
    "a generator behind a generator without a collector between is refused when the graph starts, naming both; MLRun starts, and fails each request with 400",
  judge(difference) {
    const { aspect, case: given } = difference;
    const text = given.requests?.map(({ expect }) => String(expect.body)).find((body) =>
      body.includes("Streaming on top of streaming is not allowed")
    );
    const refusal = refused(difference);
    if (aspect !== "build" || text === undefined || refusal === undefined) return undefined;
    return verdict(
      refusal.stage === "serve" ? undefined : `refused at ${refusal.stage}`,
      missingFrom(text, refusal.error.message),
    );
  },
};

/** The rules about streams. */
export const STREAM_RULES: readonly Rule[] = [COLLECTED_FAILURES_FAIL, COLLECTORS_GIVE_LISTS, STREAMS_ARE_NOT_NESTED];

function collects({ graph }: GoldenCase): boolean {
  return (graph?.steps ?? []).some((step) => step.responder === true && step.class_name === "storey.Collector");
}
