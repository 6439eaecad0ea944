/** Rules about error handlers and about events that end on their way. */

import { plotDifference } from "../plot.ts";
import { answered, type Difference, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { walk } from "../walk.ts";
import type { Asked } from "../perform.ts";
import { statusIs } from "./errors.ts";

/** What a handler's reply must be, by the handler's name in the golden library. */
const REPLIES: Readonly<
  Record<string, (body: unknown, step: string, error: string | undefined) => string | undefined>
> = {
  catch: caught,
  error_catcher: caught,
  EchoError: caught,
  catch_text: (body, step) => body === `caught at ${step}` ? undefined : `the reply is ${JSON.stringify(body)}`,
  catch_body: (body) => isRecord(body) && "handled" in body ? undefined : `the reply is ${JSON.stringify(body)}`,
};

/** In MLRun's synchronous engine a handler's answer is lost. */
const HANDLERS_ANSWER: Rule = {
  name: "error-handlers-answer",
  reason:
    "the caller gets what the error handler returns; MLRun's synchronous engine loses it, and a handler added by name never answers",
  judge(difference) {
    const given = answered(difference);
    if (given === undefined) return undefined;
    const { expect } = given.request;
    const lost = isRecord(expect.body) && isRecord(expect.body.$event) ? expect.body.$event : undefined;
    const isLost = lost !== undefined && isRecord(lost.body) && lost.body.$self === true;
    const isUnserialisable = /Object of type MockEvent is not JSON serializable/.test(expect.raises?.message ?? "");
    if (!isLost && !isUnserialisable && expect.hangs !== true) return undefined;
    const found = handlerOf(difference, given.asked);
    if (found === undefined) return undefined;
    const { handler, failed } = found;
    const error = isLost && isRecord(lost.error) ? String(Object.values(lost.error)[0]) : undefined;
    return verdict(
      statusIs(200, given.answer),
      REPLIES[handler] === undefined
        ? `nobody knows what handler ${handler} answers`
        : REPLIES[handler](given.answer.body, failed, error),
    );
  },
};

/** A handler of the whole graph stands alone in MLRun's picture. */
const GRAPH_HANDLERS_ARE_LED_TO: Rule = {
  name: "graph-handlers-are-led-to",
  reason:
    "the picture leads from the start to the graph's own error handler; in MLRun's it stands alone, as if nothing reached it",
  judge({ aspect, case: { graph, plot }, performance }) {
    const handler = graph?.on_error;
    if (aspect !== "plot" || handler === undefined) return undefined;
    const found = plotDifference(plot!.dot!, performance.dot!);
    return verdict(found === `the picture has start ⇢ ${handler}, which is too much` ? undefined : found);
  },
};

/** Nothing hangs. */
const ENDED_EVENTS_ARE_ANSWERED: Rule = {
  name: "ended-events-are-answered",
  reason: "an event that a step drops is answered at once, 204 naming the step; in MLRun its caller waits for ever",
  judge(difference) {
    const given = answered(difference);
    if (given?.request.expect.hangs !== true) return undefined;
    const { endedAt } = given.answer;
    return verdict(
      statusIs(204, given.answer),
      endedAt !== undefined && given.asked.trace.at(-1) === endedAt
        ? undefined
        : `it ended at ${endedAt}, not at ${given.asked.trace.at(-1)}`,
    );
  },
};

/** A batch carries whoever waits. */
const BATCHES_ANSWER: Rule = {
  name: "batches-answer",
  reason:
    "a batch carries its members, so each caller is answered with what becomes of it; in MLRun they wait for ever",
  judge(difference) {
    const given = answered(difference);
    const isBatch = difference.case.graph?.steps?.some(({ class_name }) => class_name === "storey.Batch") === true;
    if (given?.request.expect.hangs !== true || !isBatch) return undefined;
    return verdict(
      statusIs(200, given.answer),
      valueDifference([given.request.body], given.answer.body), // a batch of one: the only one that is full at once
    );
  },
};

/** The reply leaves at the responder; the steps behind it go on. */
const RESPONDERS_MAY_HAVE_SUCCESSORS: Rule = {
  name: "responders-may-have-successors",
  reason: "respond() on a step with successors answers with its result; MLRun ignores it and gives only the event's id",
  judge(difference) {
    const given = answered(difference);
    const calls = difference.case.graph?.build ?? [];
    const responder = calls.find(({ call }) => call === "respond")?.on;
    const { expect, id } = given?.request ?? {};
    const isOnlyId = isRecord(expect?.body) && expect.body.id === id && Object.keys(expect.body).length === 1;
    if (given === undefined || !isOnlyId || responder === undefined) return undefined;
    const steps = difference.case.graph?.steps ?? [];
    const walked = walk(difference.case, responder, given.request.body);
    if (!steps.some(({ after }) => after?.includes(responder)) || !walked.known) return undefined;
    return verdict(
      statusIs(200, given.answer),
      valueDifference(walked.body, given.answer.body),
      steps.every(({ name }) => given.asked.trace.includes(name))
        ? undefined
        : "a step behind the responder did not run",
    );
  },
};

/** The rules about error handlers and ended events, the most particular first. */
export const HANDLER_RULES: readonly Rule[] = [
  HANDLERS_ANSWER,
  GRAPH_HANDLERS_ARE_LED_TO,
  BATCHES_ANSWER,
  ENDED_EVENTS_ARE_ANSWERED,
  RESPONDERS_MAY_HAVE_SUCCESSORS,
];

function caught(body: unknown, step: string, error: string | undefined): string | undefined {
  if (!isRecord(body) || !("body" in body)) return `the reply is ${JSON.stringify(body)}`;
  if (body.origin_state !== step) return `origin_state is ${body.origin_state}, not ${step}`;
  const isTold = error === undefined ? typeof body.error === "string" && body.error !== "" : body.error === error;
  return isTold ? undefined : `error is ${body.error}, not ${error}`;
}

/** The golden name of the handler that the event entered, and the step that failed before it; steps may stand behind it. */
function handlerOf({ case: { graph } }: Difference, { trace }: Asked): { handler: string; failed: string } | undefined {
  const handlers = [graph?.on_error, ...(graph?.steps ?? []).map((step) => step.on_error)];
  const at = trace.findIndex((name) => handlers.includes(name));
  const step = graph?.steps?.find(({ name }) => name === trace[at]);
  const word = step?.handler ?? step?.class_name;
  return at > 0 && typeof word === "string" ? { handler: word, failed: trace[at - 1]! } : undefined;
}
