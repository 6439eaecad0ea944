/** Compares what a case did on the library with the recording, exactly, part by part. */

import { checkDifference } from "./checks.ts";
import { missingFrom } from "./error_text.ts";
import type { GoldenCase, GoldenRequest } from "./golden_case.ts";
import type { Answer, Asked, Performance } from "./perform.ts";
import { plotDifference } from "./plot.ts";
import { type Difference, isNoAnswer } from "./rule.ts";
import { difference, type SameOptions, show } from "./same.ts";
import { decodeSpecial, isRecord } from "./special.ts";
import { compareRuns } from "./storey/compare.ts";
import { streamDifference } from "./stream.ts";
import { traceDifference } from "./trace.ts";

/** Lists every difference, in the order of the case. */
export function compare(given: GoldenCase, performance: Performance): Difference[] {
  const found: Difference[] = [];
  const note = (aspect: Difference["aspect"], text: string | undefined, more: Partial<Difference> = {}) => {
    if (text !== undefined) found.push({ case: given, aspect, text, performance, ...more });
  };
  note("build", buildDifference(given, performance));
  if (performance.refusal !== undefined) return found;
  if (performance.runs !== undefined) {
    for (const { aspect, text, ...place } of compareRuns(given, performance.runs)) note(aspect, text, place);
    return found;
  }
  for (const asked of performance.asked) {
    const { request } = asked;
    note("answer", answerDifference(request, asked, usesOnnx(given)), { asked });
    if (request.trace !== undefined && !isNoAnswer(asked.answer)) {
      note("trace", traceDifference(given, request.trace, asked.trace), { asked });
    }
    if (request.routes_run !== undefined) {
      note("routes", difference([...request.routes_run].sort(), asked.routes), { asked });
    }
  }
  const left = (given.requests ?? []).length - performance.asked.length;
  if (left > 0) note("answer", `${left} requests were not asked`);
  note("termination", terminationDifference(given, performance));
  for (const check of given.checks ?? []) {
    note("check", checkDifference(check, performance), { what: check.what });
  }
  if (given.plot?.dot !== undefined && performance.dot !== undefined) {
    note("plot", plotDifference(given.plot.dot, performance.dot));
  }
  return found;
}

function buildDifference({ build_error: expected }: GoldenCase, { refusal }: Performance): string | undefined {
  if (expected === undefined) {
    return refusal === undefined ? undefined : `refused at ${refusal.stage}: ${refusal.error.message}`;
  }
  if (refusal === undefined) return `was built; MLRun refuses at ${expected.stage}: ${expected.message}`;
  const { stage, error, op } = refusal;
  if (stage !== expected.stage || (stage === "build" && expected.op !== undefined && op !== expected.op)) {
    return `refused at ${placeOf(stage, op)}, not at ${placeOf(expected.stage, expected.op)}: ${error.message}`;
  }
  return missingFrom(`${expected.class}: ${expected.message}`, error.message);
}

function placeOf(stage: string, op: number | undefined): string {
  return op === undefined ? stage : `${stage} call ${op}`;
}

function answerDifference(request: GoldenRequest, { answer }: Asked, probabilities: boolean): string | undefined {
  const { expect } = request;
  if (isNoAnswer(answer)) return `no answer within ${answer.waitedMs} ms; MLRun gave ${showExpected(expect)}`;
  if (expect.hangs === true) return `answered ${showAnswer(answer)}; MLRun never answers`;
  if (expect.stream !== undefined) return streamDifference(request, answer);
  if (expect.raises !== undefined) return `answered ${showAnswer(answer)}; MLRun raises ${expect.raises.message}`;
  if (expect.response !== undefined) return responseDifference(request, answer);
  if ("bare_value" in expect) return bareDifference(expect.bare_value, answer);
  if (expect.error_class !== undefined || isErrorText(expect)) {
    return errorDifference(request, answer, { status: expect.status ?? 400, text: String(expect.body) });
  }
  if (answer.status !== expect.status) {
    return `answered ${showAnswer(answer)}, not ${expect.status} ${show(expect.body)}`;
  }
  const type = expect.content_type === undefined || answer.contentType === expect.content_type
    ? undefined
    : `content type is ${answer.contentType}, not ${expect.content_type}`;
  return type ?? headerDifference(expect.headers, answer) ??
    replyDifference(decodeSpecial(expect.body), answer.body, { probabilities });
}

/** A reply; where an error handler tells of an error in it (`origin_state`, `error`), that text names the same. */
export function replyDifference(expected: unknown, got: unknown, options: SameOptions = {}): string | undefined {
  const isTold = [expected, got].every((body) =>
    isRecord(body) && typeof body.origin_state === "string" && typeof body.error === "string"
  );
  if (!isTold) return difference(expected, got, options);
  const { error, ...rest } = expected as { error: string };
  const { error: text, ...own } = got as { error: string };
  return difference(rest, own, options) ?? missingFrom(error, text);
}

/** MLRun's errors that are made before a step runs have no class. */
function isErrorText({ status, body, content_type }: GoldenRequest["expect"]): boolean {
  return (status ?? 200) >= 400 && typeof body === "string" && content_type === "text/plain";
}

/** An error of ours is `{ error, step?, id }` as JSON; the text names what MLRun's names. */
export function errorDifference(
  request: GoldenRequest,
  answer: Answer,
  { status, text }: { status: number; text: string },
): string | undefined {
  if (answer.status !== status) return `answered ${showAnswer(answer)}, not ${status} ${text}`;
  return errorShape(request, answer) ?? missingFrom(text, (answer.body as { error: string }).error);
}

/** What is wrong with the shape of an error of ours; undefined where nothing is. */
export function errorShape({ id }: GoldenRequest, { body, contentType }: Answer): string | undefined {
  if (contentType !== "application/json") return `an error is JSON, not ${contentType || "nothing"}`;
  if (!isRecord(body) || typeof body.error !== "string" || body.error === "") {
    return `an error says what: ${show(body)}`;
  }
  if (body.id !== id) return `an error names its event ${id}: ${show(body)}`;
  return "step" in body && typeof body.step !== "string" ? `step is no text: ${show(body)}` : undefined;
}

function headerDifference(
  expected: Readonly<Record<string, string>> | undefined,
  { headers }: Answer,
): string | undefined {
  for (const [name, value] of Object.entries(expected ?? {})) {
    if (headers[name.toLowerCase()] !== value) return `header ${name} is ${headers[name.toLowerCase()]}, not ${value}`;
  }
  return undefined;
}

function responseDifference(request: GoldenRequest, answer: Answer): string | undefined {
  const { status, content_type, body_text, headers } = request.expect.response!;
  const body = decodeSpecial(body_text);
  if (status >= 400 && content_type === "text/plain") {
    return errorDifference(request, answer, { status, text: String(body) });
  }
  if (answer.status !== status) return `answered ${showAnswer(answer)}, not ${status} ${show(body)}`;
  if (content_type !== undefined && answer.contentType !== content_type) {
    return `content type is ${answer.contentType}, not ${content_type}`;
  }
  const isJson = content_type === "application/json" && typeof body === "string";
  return headerDifference(headers, answer) ??
    difference(isJson ? parsePython(body) : body, typeof body === "string" && !isJson ? answer.text : answer.body);
}

/** A bare value is what the handler gave to Nuclio: text and bytes go to the caller as they are. */
function bareDifference(value: unknown, answer: Answer): string | undefined {
  const expected = decodeSpecial(value);
  if (typeof expected === "string" && expected !== "" || expected instanceof Uint8Array) {
    return answer.status === 200 ? difference(expected, answer.text) : `answered ${showAnswer(answer)}, not 200`;
  }
  return `answered ${showAnswer(answer)}; MLRun hands over the bare value ${show(value)}`;
}

function terminationDifference(given: GoldenCase, { termination }: Performance): string | undefined {
  if (termination.error !== undefined && (given.termination_error?.hangs ?? given.termination_error === undefined)) {
    return `closing failed: ${termination.error}`;
  }
  if (given.termination_error !== undefined) {
    return termination.error === undefined
      ? `closed; MLRun fails: ${given.termination_error.message ?? "it hangs"}`
      : missingFrom(given.termination_error.message ?? "", termination.error);
  }
  if (given.termination === undefined) return undefined;
  return difference(decodeSpecial(given.termination), termination.result ?? null);
}

function usesOnnx({ graph }: GoldenCase): boolean {
  return JSON.stringify(graph?.build ?? []).includes("models/");
}

/** Python's JSON knows NaN. */
function parsePython(text: string): unknown {
  return text === "NaN" ? NaN : JSON.parse(text);
}

/** An answer in one line. */
export function showAnswer({ status, text, endedAt }: Answer): string {
  return `${status} ${endedAt === undefined ? text.slice(0, 300) : `(ended at step "${endedAt}")`}`;
}

function showExpected(expect: GoldenRequest["expect"]): string {
  return expect.hangs === true ? "none either" : show(expect.response ?? expect.body ?? expect);
}
