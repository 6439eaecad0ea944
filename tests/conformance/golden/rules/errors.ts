/** Rules about failures: who is at fault, and that every caller hears of it. */

import { errorShape } from "../compare.ts";
import { missingFrom, readErrorText } from "../error_text.ts";
import type { GoldenRequest } from "../golden_case.ts";
import type { Answer, Asked } from "../perform.ts";
import { answered, type Difference, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { walk } from "../walk.ts";

/** A step's own failure is the graph's fault. */
const STEP_FAILURE_IS_500: Rule = {
  name: "step-failure-is-500",
  reason:
    "MLRun calls every exception the caller's fault (400); one that a step throws is the graph's, and the reply names the step",
  judge(difference) {
    const given = answered(difference);
    const text = given && recordedError(given.request, 400);
    if (given === undefined || text === undefined || given.answer.status !== 500) return undefined;
    const read = readErrorText(text);
    const isOfStep = read.from !== "mlrun" || /(?:input|result)_path parameter supports only/.test(text);
    if (!isOfStep) return undefined;
    return verdict(
      errorShape(given.request, given.answer),
      missingFrom(text, errorOf(given.answer)),
      stepComplaint(difference, given.asked),
    );
  },
};

/** The error stream is for what nobody took. */
const ERROR_STREAM_IS_OF_FAILURES: Rule = {
  name: "error-stream-is-of-failures",
  needs: "errorStream",
  reason:
    "the error stream gets each failure that no handler took, with its step, event and body; MLRun also pushes what a handler took and what could not be read, and does not say which step failed",
  judge({ aspect, what, case: given, performance }) {
    if (aspect !== "check" || what !== "records" || given.function?.error_stream === undefined) return undefined;
    const records = given.checks!.find((check) => check.what === what)!.result as readonly ErrorRecord[];
    const failed = records.filter(({ source, message }) =>
      source === "_handler" && readErrorText(message).from === "user"
    );
    const told = performance.failures.map(({ step, event: { id, body }, error }) => ({
      step,
      id,
      body,
      text: error.message,
    }));
    return verdict(
      failed.length === told.length ? undefined : `it got ${told.length} failures, not ${failed.length}`,
      ...failed.map(({ event, message }, at) =>
        valueDifference(event, { id: told[at]?.id, body: told[at]?.body }) ??
          missingFrom(message, told[at]?.text ?? "") ??
          (performance.asked.find(({ request }) => request.id === event.id)?.trace.at(-1) === told[at]?.step
            ? undefined
            : `it names step ${told[at]?.step}`)
      ),
    );
  },
};

interface ErrorRecord {
  readonly source: string;
  readonly event: { readonly id: string; readonly body: unknown };
  readonly message: string;
}

/** A model that nobody knows is not found. */
const UNKNOWN_MODEL_IS_404: Rule = {
  name: "unknown-model-is-404",
  reason: "404 is what HTTP says for a model that is not there; MLRun says 400",
  judge(difference) {
    const given = answered(difference);
    const text = given && recordedError(given.request, 400);
    if (given === undefined || text === undefined || !/model \S+ doesnt exist/.test(text)) return undefined;
    return verdict(
      statusIs(404, given.answer),
      errorShape(given.request, given.answer),
      missingFrom(text, errorOf(given.answer)),
    );
  },
};

/** Which methods a path takes; anything else is refused with 405. */
const METHODS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^\/$/, ["GET", "HEAD", "POST"]],
  [/^\/v2\/health(?:\/live|\/ready)?\/?$/, ["GET", "HEAD"]],
  [/^\/v2\/models\/?$/, ["GET", "HEAD", "POST"]],
  [/^\/v2\/models\/(?:.+\/)?ready\/?$/, ["GET", "HEAD"]],
  [/^\/v2\/models\/(?:.+\/)?(?:infer|predict|explain)\/?$/, ["POST"]],
  [/^\/v2\/models\/[^/]+\/?$/, ["GET", "HEAD", "POST"]],
];

/** A method that a path does not take is refused as such. */
const WRONG_METHOD_IS_405: Rule = {
  name: "wrong-method-is-405",
  reason:
    "a wrong method is told as one, with the right ones; MLRun infers on PUT and DELETE, or says 400 for another reason",
  judge(difference) {
    const given = answered(difference);
    if (given === undefined || given.answer.status !== 405) return undefined;
    const { path, method } = given.request;
    const allowed = METHODS.find(([pattern]) => pattern.test(path))?.[1];
    if (allowed === undefined) return undefined;
    return verdict(
      allowed.includes(method) ? `${path} takes ${method}` : undefined,
      errorShape(given.request, given.answer),
      errorOf(given.answer).includes(`method ${method}`) ? undefined : `the text does not say ${method}`,
    );
  },
};

/** HEAD is GET without a body. */
const HEAD_IS_GET: Rule = {
  name: "head-is-get",
  reason: "HTTP: HEAD is answered with the status of GET",
  judge(difference) {
    const given = answered(difference);
    if (given?.request.method !== "HEAD" || recordedError(given.request, 400) === undefined) return undefined;
    const twin = difference.performance.asked.find(({ request }) =>
      request.method === "GET" && request.path === given.request.path
    );
    if (twin === undefined || !("status" in twin.answer)) return undefined;
    const { status, text } = twin.answer;
    const isTwin = given.answer.text === "" || given.answer.text.replaceAll(given.request.id, twin.request.id) === text;
    return verdict(
      statusIs(status, given.answer),
      isTwin ? undefined : `it says ${given.answer.text}, GET says ${text}`,
    );
  },
};

/** A GET request carries no body. */
const GET_HAS_NO_BODY: Rule = {
  name: "get-has-no-body",
  reason: "HTTP's GET carries no body: fetch refuses to send one, and the mock server says so at once",
  judge({ aspect, asked }) {
    if (
      asked === undefined || asked.request.method !== "GET" || !("status" in asked.answer) || asked.answer.status !== 0
    ) {
      return undefined;
    }
    const { text } = asked.answer;
    if (aspect === "trace" || aspect === "routes") {
      return asked.trace.length + asked.routes.length === 0 ? "holds" : undefined;
    }
    return verdict(text.includes("a GET request has no body") ? undefined : `it says: ${text}`);
  },
};

/** After closing, the server is not there. */
const CLOSED_IS_503: Rule = {
  name: "closed-is-503",
  reason: "a server that is closing is not available (503); MLRun says 400, as if the caller were wrong",
  judge(difference) {
    const given = answered(difference);
    const text = given && recordedError(given.request, 400);
    if (given === undefined || !text?.includes("Cannot emit to a terminated flow")) return undefined;
    return verdict(
      statusIs(503, given.answer),
      errorShape(given.request, given.answer),
      missingFrom(text, errorOf(given.answer)),
    );
  },
};

/** A path is a model's only segment by segment. */
const PATHS_ARE_SEGMENTS: Rule = {
  name: "paths-are-segments",
  reason: "/v2/modelsm1/infer is no path of model m1: MLRun only looks at the first letters",
  judge(difference) {
    const { asked, aspect } = difference;
    if (asked === undefined || !/^\/v2\/models[^/]/.test(asked.request.path)) return undefined;
    if (aspect === "routes") {
      return verdict(asked.routes.length === 0 ? undefined : `it asked ${asked.routes.join(" ")}`);
    }
    const given = answered(difference);
    if (given === undefined) return undefined;
    return verdict(
      statusIs(400, given.answer),
      errorShape(given.request, given.answer),
      errorOf(given.answer).includes(given.request.path) ? undefined : "the text does not name the path",
    );
  },
};

/** A branch that does not lead to the reply cannot fail it. */
const SIDE_BRANCHES_DO_NOT_FAIL: Rule = {
  name: "side-branches-do-not-fail-the-reply",
  reason:
    "in MLRun a failing side branch races with the reply; here its error goes to the log, and the caller gets the answer",
  judge(difference) {
    const given = answered(difference);
    const text = given && recordedError(given.request, 400);
    if (given === undefined || text === undefined) return undefined;
    const steps = difference.case.graph?.steps ?? [];
    const failing = steps.find(({ name, class_name }) => class_name === "Raiser" && text.includes(`${name}: `))?.name;
    const responder = steps.find((step) => step.responder === true)?.name;
    if (failing === undefined || responder === undefined || leadsTo(failing, responder, steps)) return undefined;
    const walked = walk(difference.case, responder, given.request.body);
    if (!walked.known) return undefined;
    return verdict(
      statusIs(200, given.answer),
      given.asked.trace.includes(failing) ? undefined : `step "${failing}" did not run`,
      given.asked.trace.includes(responder) ? undefined : `step "${responder}" did not run`,
      valueDifference(walked.body, given.answer.body),
    );
  },
};

/** The rules about failures, the most particular first. */
export const ERROR_RULES: readonly Rule[] = [
  ERROR_STREAM_IS_OF_FAILURES,
  GET_HAS_NO_BODY,
  WRONG_METHOD_IS_405,
  UNKNOWN_MODEL_IS_404,
  CLOSED_IS_503,
  PATHS_ARE_SEGMENTS,
  HEAD_IS_GET,
  SIDE_BRANCHES_DO_NOT_FAIL,
  STEP_FAILURE_IS_500,
];

/** The text of a recorded error of this status, in a mock server's or a deployed function's answer. */
export function recordedError({ expect }: GoldenRequest, status: number): string | undefined {
  if (expect.response?.status === status) return String(expect.response.body_text);
  return expect.status === status && typeof expect.body === "string" ? expect.body : undefined;
}

/** What is wrong with a status; undefined where nothing is. */
export function statusIs(status: number, answer: Answer): string | undefined {
  return answer.status === status ? undefined : `the status is ${answer.status}, not ${status}`;
}

/** The text of an error of ours; empty where it is none. */
export function errorOf({ body }: Answer): string {
  return isRecord(body) && typeof body.error === "string" ? body.error : "";
}

/** The failing step is the last that MLRun's event entered; a router of its own has no name to compare. */
function stepComplaint({ case: given }: Difference, { request, answer, trace }: Asked): string | undefined {
  const body = "body" in answer && isRecord(answer.body) ? answer.body : {};
  if (typeof body.step !== "string") return "the reply does not name the step that failed";
  if (given.graph?.topology === "router") return undefined;
  const recorded = request.trace ?? trace;
  const isLast = recorded.at(-1) === body.step;
  return isLast || (hasBranches(given.graph?.steps ?? []) && recorded.includes(body.step))
    ? undefined
    : `step "${body.step}" is not the one that failed: ${recorded.join(" ")}`;
}

function hasBranches(steps: readonly { after?: string[] | undefined }[]): boolean {
  const befores = steps.flatMap(({ after = [] }) => after);
  return new Set(befores).size < befores.length;
}

function leadsTo(from: string, to: string, steps: readonly { name: string; after?: string[] | undefined }[]): boolean {
  return steps.some(({ name, after }) => after?.includes(from) === true && (name === to || leadsTo(name, to, steps)));
}
