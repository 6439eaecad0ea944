/** Rules about streams between functions. */

import type { GoldenCase } from "../golden_case.ts";
import { answered, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { lastStep, walk } from "../walk.ts";
import { statusIs } from "./errors.ts";

/** In the mock server a queue leads on. */
const QUEUES_LEAD_ON: Rule = {
  name: "queues-lead-on",
  reason:
    "in the mock server the steps behind a queue run too, and answer, whatever the engine: one call tests the whole function. MLRun's synchronous engine stops at the queue and answers null",
  judge(difference) {
    const { case: given, aspect, asked, performance, what } = difference;
    const middle = queuesInTheMiddle(given);
    if (given.graph?.engine !== "sync" || given.serve?.current_function !== "*" || middle.length === 0) {
      return undefined;
    }
    if (aspect === "check" && what === "what the stream holds") {
      const sent = [...performance.sent.values()].flat();
      return verdict(sent.length === 0 ? undefined : `what went on has left as well: ${JSON.stringify(sent)}`);
    }
    if (asked === undefined || asked.request.expect.body !== null) return undefined;
    const walked = walk(given, lastStep(given) ?? "", asked.request.body);
    if (!walked.known) return undefined;
    if (aspect === "trace") {
      const all = (given.graph.steps ?? []).map(({ name }) => name);
      return verdict(asked.trace.join() === all.join() ? undefined : `it entered ${asked.trace.join(", ")}`);
    }
    const reply = answered(difference);
    if (reply === undefined) return undefined;
    return verdict(statusIs(200, reply.answer), valueDifference(walked.body, reply.answer.body));
  },
};

/** The rules about streams. */
export const STREAM_RULES: readonly Rule[] = [QUEUES_LEAD_ON];

function queuesInTheMiddle({ graph }: GoldenCase): string[] {
  const steps = graph?.steps ?? [];
  const followed = new Set(steps.flatMap(({ after }) => [after ?? []].flat()));
  return steps.filter(({ kind, name }) => kind === "queue" && followed.has(name)).map(({ name }) => name);
}
