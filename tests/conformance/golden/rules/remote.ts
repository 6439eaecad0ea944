/** Rules about steps that ask other services. */

import { errorShape } from "../compare.ts";
import { PLAIN_TEXT } from "../remote_service.ts";
import { answered, type Difference, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { errorOf, recordedError, statusIs } from "./errors.ts";

/** A service's failure is told like by a gateway. */
const LIKE_A_GATEWAY: Rule = {
  name: "services-fail-like-behind-a-gateway",
  reason:
    "the graph made the request, so a service that fails, refuses or answers what cannot be read is a 502 for the caller, one that takes too long a 504, naming step, service and what it answered; MLRun says 400, as if the caller were wrong",
  judge(difference) {
    const given = answered(difference);
    const text = given && recordedError(given.request, 400);
    if (given === undefined || text === undefined || !asksOthers(difference)) return undefined;
    const code = /(?:bad http response|unexpected response status) (\d+)/.exec(text)?.[1];
    const isLate = /^(?:TimeoutError|ReadTimeout): /.test(text);
    const isUnreadable = text.startsWith("JSONDecodeError: ");
    if (code === undefined && !isLate && !isUnreadable) return undefined;
    if (isUnreadable && isText(given.request.body)) return undefined;
    const told = code !== undefined
      ? `it answered ${code}`
      : isLate
      ? "timeoutMs"
      : "cannot be read as application/json";
    const own = errorOf(given.answer);
    const step = stepOf(difference);
    return verdict(
      statusIs(isLate ? 504 : 502, given.answer),
      errorShape(given.request, given.answer),
      own.includes(told) && own.includes("Cannot ask POST http://127.0.0.1:") ? undefined : `the text is ${own}`,
      isRecord(given.answer.body) && given.answer.body.step === step ? undefined : `it does not name step "${step}"`,
    );
  },
};

/** An answer is what it says it is. */
const READ_BY_CONTENT_TYPE: Rule = {
  name: "answers-are-read-by-content-type",
  reason:
    "a service that answers text is taken at its word; MLRun reads all answers as JSON unless it is told not to, and fails",
  judge(difference) {
    const given = answered(difference);
    const text = given && recordedError(given.request, 400);
    if (given === undefined || !text?.startsWith("JSONDecodeError: ") || !isText(given.request.body)) return undefined;
    const expected = { ...given.request.body as object, resp: PLAIN_TEXT };
    return verdict(statusIs(200, given.answer), valueDifference(expected, given.answer.body));
  },
};

/** What is sent says what it is. */
const REQUESTS_SAY_WHAT_THEY_ARE: Rule = {
  name: "requests-say-what-they-are",
  reason:
    "JSON is sent as short as it can be, text says that it is text, and a request without a body says nothing of one; MLRun's engines differ in all three",
  judge(difference) {
    const given = answered(difference);
    const expected = given?.request.expect.body;
    if (given === undefined || !asksOthers(difference) || !isRecord(expected)) return undefined;
    const echoes = Object.entries(expected).flatMap(([name, value]) => isEcho(value) ? [[name, said(value)]] : []);
    if (echoes.length === 0) return undefined;
    const ours = Object.fromEntries(echoes);
    return verdict(statusIs(200, given.answer), valueDifference({ ...expected, ...ours }, given.answer.body));
  },
};

/** A function that fails is a failed step. */
const FUNCTIONS_FAIL_THEIR_EVENT: Rule = {
  name: "request-functions-fail-their-event",
  reason:
    "a failing URL function is the failure of its event, 500 naming the step; in MLRun its caller waits for ever, and the flow never closes",
  judge(difference) {
    const { aspect, performance, case: { termination_error } } = difference;
    if (!asksOthers(difference)) return undefined;
    if (aspect === "termination" && termination_error?.hangs === true) {
      return verdict(performance.termination.error);
    }
    const given = answered(difference);
    if (given?.request.expect.hangs !== true) return undefined;
    const { body } = given.answer;
    return verdict(
      statusIs(500, given.answer),
      errorShape(given.request, given.answer),
      isRecord(body) && body.step === stepOf(difference) ? undefined : "it does not name the step",
      errorOf(given.answer).includes('"k"') ? undefined : `the text is ${errorOf(given.answer)}`,
    );
  },
};

/** A batch of requests needs no engine of its own. */
const BATCHES_OF_REQUESTS_RUN: Rule = {
  name: "batches-of-requests-run-everywhere",
  reason: "a list of requests works in every graph; MLRun's synchronous engine has no handler for it",
  judge(difference) {
    const given = answered(difference);
    const text = given && recordedError(given.request, 400);
    const body = given?.request.body;
    if (given === undefined || !isRecord(body) || !Array.isArray(body.req)) return undefined;
    if (difference.case.graph?.steps?.[0]?.class_name !== "mlrun.serving.remote.BatchHttpRequests") return undefined;
    if (!text?.includes("does not have a handler")) return undefined;
    const expected = { ...body, resp: body.req.map((item: { n: number }) => item.n) }; // each is asked for its number
    return verdict(statusIs(200, given.answer), valueDifference(expected, given.answer.body));
  },
};

/** The rules about remote steps, the most particular first. */
export const REMOTE_RULES: readonly Rule[] = [
  READ_BY_CONTENT_TYPE,
  LIKE_A_GATEWAY,
  REQUESTS_SAY_WHAT_THEY_ARE,
  FUNCTIONS_FAIL_THEIR_EVENT,
  BATCHES_OF_REQUESTS_RUN,
];

function asksOthers({ case: { graph } }: Difference): boolean {
  return graph?.steps?.some(({ class_name }) => class_name === "$remote") === true;
}

function stepOf({ case: { graph } }: Difference): string | undefined {
  return graph?.steps?.find(({ class_name }) => class_name === "$remote")?.name;
}

function isText(body: unknown): boolean {
  return isRecord(body) && body.p === "/text";
}

function isEcho(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && "event_id" in value && "content_type" in value;
}

/** The request that the service told of, as we send it. */
function said(echo: Record<string, unknown>): Record<string, unknown> {
  if (typeof echo.body !== "string") return { ...echo, content_type: null };
  return echo.content_type === "application/json"
    ? { ...echo, body: JSON.stringify(shortened(JSON.parse(echo.body))) }
    : { ...echo, content_type: "text/plain; charset=utf-8" };
}

/** A body that holds the echo of an earlier step, whose body is as short as well. */
function shortened(body: unknown): unknown {
  if (!isRecord(body)) return body;
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, isEcho(value) ? said(value) : value]));
}
