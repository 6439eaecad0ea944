/** Rules about queues: what they send, and what goes on behind them. */

import { answered, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { lastStep, walk } from "../walk.ts";
import { statusIs } from "./errors.ts";

/** What a queue at the end sends is its result. */
const QUEUES_KEEP_BODIES: Rule = {
  name: "queues-keep-bodies",
  reason:
    "a queue at the end sends each body as one record, and passes it on; MLRun takes a list apart, and its synchronous reply is null",
  judge(difference) {
    const { aspect, what, performance, case: given, asked } = difference;
    const sent = [...performance.sent.values()].flat();
    if (aspect === "check" && what === "what the stream holds") {
      const recorded = given.checks?.find((check) => check.what === what)?.result;
      return sent.some(Array.isArray)
        ? verdict(
          JSON.stringify(sent.flat()) === JSON.stringify(recorded) ? undefined : `it sent ${JSON.stringify(sent)}`,
        )
        : undefined;
    }
    const reply = answered(difference);
    if (reply === undefined || asked === undefined || given.graph?.engine !== "sync" || sent.length === 0) {
      return undefined;
    }
    if (reply.request.expect.body !== null || !performance.sent.has(asked.trace.at(-1) ?? "")) return undefined;
    const record = sent[performance.asked.indexOf(asked)];
    return verdict(
      statusIs(200, reply.answer),
      JSON.stringify(record) === JSON.stringify(reply.answer.body) ? undefined : `it sent ${JSON.stringify(record)}`,
    );
  },
};

/** A queue leads to the next function. */
const QUEUES_LEAD_ON: Rule = {
  name: "queues-lead-on",
  reason:
    "behind a queue in the process the next function goes on with each body, and answers; MLRun's synchronous engine ends there, with null, and leaves records that nobody reads",
  judge(difference) {
    const { aspect, what, performance, case: given, asked } = difference;
    const steps = given.graph?.steps ?? [];
    const queue = steps.find(({ kind, name }) => kind === "queue" && steps.some(({ after }) => after?.includes(name)));
    if (queue === undefined || given.graph?.engine !== "sync") return undefined;
    const behind = steps.filter(({ after }) => after?.includes(queue.name)).map(({ name }) => name);
    if (aspect === "check" && what === "what the stream holds") {
      const records = given.checks!.find((check) => check.what === what)!.result as readonly { body: unknown }[];
      const carried = records.map(({ body }) => body);
      return verdict(...behind.map((name) => valueDifference(carried, performance.entered.get(name) ?? [])));
    }
    if (asked === undefined || asked.request.expect.body !== null) return undefined;
    if (aspect === "trace") {
      return verdict(valueDifference([...asked.request.trace ?? [], ...behind], asked.trace));
    }
    const walked = walk(given, lastStep(given) ?? "", asked.request.body);
    const reply = answered(difference);
    if (reply === undefined || !walked.known) return undefined;
    return verdict(statusIs(200, reply.answer), valueDifference(walked.body, reply.answer.body));
  },
};

/** Records of a stream have nobody who waits; a request has. */
const WHO_ASKS_IS_ANSWERED: Rule = {
  name: "who-asks-is-answered",
  reason:
    "whoever waits for an answer gets the responder's, whatever brought the request; records of a stream come by the stream, and wait for none. MLRun answers a record with its id",
  judge(difference) {
    const { case: given } = difference;
    const { trigger } = given.serve ?? {};
    const found = answered(difference);
    const responder = given.graph?.steps?.find((step) => step.responder === true)?.name;
    if (found === undefined || trigger === undefined || trigger === "http" || responder === undefined) return undefined;
    const walked = walk(given, responder, JSON.parse(String(found.request.body)));
    if (!walked.known) return undefined;
    return verdict(statusIs(200, found.answer), valueDifference(walked.body, found.answer.body));
  },
};

/** A reply crosses no queue, and who compiles is told. */
const REPLIES_CROSS_NO_QUEUE: Rule = {
  name: "replies-cross-no-queue",
  reason:
    "a step that answers from behind a queue to another function is refused where the function runs by itself that callers ask; MLRun answers with the event's id, and nobody is told",
  judge(difference) {
    const { case: given, aspect, performance: { refusal } } = difference;
    const responder = given.graph?.steps?.find((step) => step.responder === true)?.name;
    if (aspect !== "build" || given.serve?.current_function !== "" || responder === undefined) return undefined;
    const told = `step "${responder}": it answers the caller, but runs in function`;
    const answeredIds = given.requests?.every(({ id, expect: { body } }) =>
      valueDifference({ id }, body) === undefined
    );
    return verdict(
      refusal?.error.message.includes(told) === true ? undefined : "the step that answers is not refused",
      answeredIds === true ? undefined : "MLRun answered with more than ids",
    );
  },
};

/** The rules about queues and streams. */
export const QUEUE_RULES: readonly Rule[] = [
  WHO_ASKS_IS_ANSWERED,
  QUEUES_KEEP_BODIES,
  QUEUES_LEAD_ON,
  REPLIES_CROSS_NO_QUEUE,
];
