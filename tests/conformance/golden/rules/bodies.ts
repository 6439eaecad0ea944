/** Rules about bodies: what a request and a reply are over HTTP. */

import { errorShape, replyDifference } from "../compare.ts";
import type { GoldenRequest } from "../golden_case.ts";
import { answered, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { decodeSpecial, isRecord } from "../special.ts";
import { errorOf, recordedError, statusIs } from "./errors.ts";

/** Falsy results are results. */
const FALSY_IS_JSON: Rule = {
  name: "falsy-is-json",
  reason: "0, [], {}, false and null leave as JSON like every other value; MLRun hands them over raw",
  judge(difference) {
    const given = answered(difference);
    if (given === undefined || !("bare_value" in given.request.expect)) return undefined;
    const { contentType, body } = given.answer;
    return verdict(
      statusIs(200, given.answer),
      contentType === "application/json" ? undefined : `the content type is ${contentType}`,
      valueDifference(decodeSpecial(given.request.expect.bare_value), body),
    );
  },
};

/** NaN is not JSON. */
const NAN_IS_NOT_JSON: Rule = {
  name: "nan-is-not-json",
  reason:
    "JSON has no NaN: declared as JSON it is refused, undeclared it is text; MLRun sends it on, and no other reader takes it",
  judge(difference) {
    const given = answered(difference);
    if (given?.request.body !== "NaN") return undefined;
    if (given.request.content_type === undefined) {
      return verdict(statusIs(200, given.answer), valueDifference("NaN", given.answer.body));
    }
    return verdict(
      statusIs(400, given.answer),
      errorShape(given.request, given.answer),
      errorOf(given.answer).includes(given.request.content_type)
        ? undefined
        : "the text does not name the content type",
    );
  },
};

/** A parameter of the content type changes nothing. */
const CONTENT_TYPE_HAS_PARAMETERS: Rule = {
  name: "content-type-has-parameters",
  reason: "application/json; charset=utf-8 is JSON; MLRun takes it as text",
  judge(difference) {
    const given = answered(difference);
    const { content_type = "", body } = given?.request ?? {};
    if (given === undefined || !content_type.startsWith("application/json;") || typeof body !== "string") {
      return undefined;
    }
    if (given.request.expect.body !== body) return undefined;
    return verdict(statusIs(200, given.answer), valueDifference(JSON.parse(body), given.answer.body));
  },
};

/** Over HTTP an empty body is none. */
const EMPTY_BODY_IS_NULL: Rule = {
  name: "empty-body-is-null",
  reason: "over HTTP an empty body and none are the same: null",
  judge(difference) {
    const given = answered(difference);
    if (given?.request.body !== "") return undefined;
    const isRefused = recordedError(given.request, 400)?.startsWith("failed to json decode event") === true;
    if (!isRefused && given.request.expect.body !== "") return undefined;
    return verdict(statusIs(200, given.answer), valueDifference(null, given.answer.body));
  },
};

/** The mock server's requests are HTTP requests. */
const REQUESTS_ARE_HTTP: Rule = {
  name: "mock-requests-are-http",
  reason:
    "the mock server is production's path: a JSON body says so in its content type, and header names have no case",
  judge(difference) {
    const given = answered(difference);
    if (given === undefined) return undefined;
    const recorded = given.request.expect.body ?? jsonOf(given.request.expect.response?.body_text);
    const type = given.request.content_type ?? (given.answer.status === 200 ? "application/json" : undefined);
    const found = contentTypesIn(given.answer.body);
    if (!isRecord(recorded) || contentTypesIn(recorded).length === 0) return undefined;
    const id = headerId(given.request.headers);
    const expected = bare(id === undefined ? recorded : { ...recorded, id });
    return verdict(
      statusIs(200, given.answer),
      found.every((content) => content === type || content === null)
        ? undefined
        : `the content types are ${found.join(", ")}`,
      valueDifference(expected, bare(given.answer.body)),
    );
  },
};

/** Nothing is put into a model's reply. */
const REPLIES_ARE_UNTOUCHED: Rule = {
  name: "replies-are-untouched",
  reason: "nothing is written into bodies and replies; MLRun adds background_task_state, and the event's id",
  judge(difference) {
    const given = answered(difference);
    const { expect, body } = given?.request ?? {};
    if (given === undefined || !hasKey(expect?.body, "background_task_state")) return undefined;
    const isOwn = isRecord(body) && "background_task_state" in body;
    const expected = isOwn
      ? body
      : decodeSpecial(withoutId(without(expect?.body, "background_task_state"), given.request));
    return verdict(statusIs(200, given.answer), replyDifference(expected, given.answer.body));
  },
};

/** A path into no body leads to no value. */
const NULL_BODY_HAS_PATHS: Rule = {
  name: "null-body-has-paths",
  reason:
    "inputPath of no body is no value, and resultPath makes the body; MLRun refuses what it allows for an empty one",
  judge(difference) {
    const given = answered(difference);
    const text = given && recordedError(given.request, 400);
    if (given === undefined || given.request.body !== null || text === undefined) return undefined;
    if (!/(?:input|result)_path parameter supports only/.test(text)) return undefined;
    const step = difference.case.graph?.steps?.find(({ name }) => given.asked.trace.at(-1) === name);
    if (typeof step?.result_path !== "string") return undefined;
    const [key] = step.result_path.split(".");
    const { body } = given.answer;
    const isMade = isRecord(body) && Object.keys(body).join() === key && body[key] !== null;
    return verdict(statusIs(200, given.answer), isMade ? undefined : `the reply is not made of ${key}`);
  },
};

/** The rules about bodies, the most particular first. */
export const BODY_RULES: readonly Rule[] = [
  FALSY_IS_JSON,
  NAN_IS_NOT_JSON,
  CONTENT_TYPE_HAS_PARAMETERS,
  EMPTY_BODY_IS_NULL,
  REQUESTS_ARE_HTTP,
  REPLIES_ARE_UNTOUCHED,
  NULL_BODY_HAS_PATHS,
];

function contentTypesIn(value: unknown): unknown[] {
  if (!isRecord(value)) return [];
  const own = "content_type" in value ? [value.content_type] : [];
  return [...own, ...Object.values(value).flatMap(contentTypesIn)];
}

/** Without what a content type changes: the field, and the header, by names without case. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "content_type").map(([key, item]) =>
    key === "headers" && isRecord(item) ? [key, bareHeaders(item)] : [key, bare(item)]
  );
  return Object.fromEntries(entries);
}

function bareHeaders(headers: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(entries.filter(([name]) => name !== "content-type"));
}

function headerId(headers: Readonly<Record<string, string>> | undefined): string | undefined {
  return Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === "mlrun-event-id")?.[1];
}

function hasKey(value: unknown, key: string): boolean {
  if (Array.isArray(value)) return value.some((item) => hasKey(item, key));
  return isRecord(value) && (key in value || Object.values(value).some((item) => hasKey(item, key)));
}

function without(value: unknown, key: string): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => name !== key).map(([name, item]) => [name, without(item, key)]),
  );
}

/** The id that MLRun wrote into the body that an error handler shows. */
function withoutId(reply: unknown, { id, body }: GoldenRequest): unknown {
  if (!isRecord(reply) || !isRecord(reply.body) || reply.body.id !== id || hasKey(body, "id")) return reply;
  const { id: _id, ...rest } = reply.body;
  return { ...reply, body: rest };
}

function jsonOf(text: unknown): unknown {
  if (typeof text !== "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an error, told as text
  }
}
