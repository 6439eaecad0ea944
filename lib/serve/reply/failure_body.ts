import { describeThrown, isA, type ReplyBody, StatusError, StepError } from "../../errors.ts";
import { redactText } from "../../redact_text.ts";

/** What a caller is told of a failure. */
export interface Failure {
  readonly status: number;
  /** A step's own words, without secrets, and its name, where a step failed. */
  readonly body: ReplyBody;
  /** When it may be worth another try; undefined where nobody knows. */
  readonly retryAfterMs: number | undefined;
  /** With 405: the methods that do. */
  readonly allow: readonly string[] | undefined;
}

/** What a caller is told of a failure, and with which status. */
export function failureBody(error: unknown, id: string): Failure {
  if (!isA(error, StepError)) {
    const known = isA(error, StatusError) ? error : undefined;
    return {
      status: known?.status ?? 500,
      body: { error: redactText(describeThrown(error).message), id },
      retryAfterMs: known?.retryAfterMs,
      allow: known?.allow,
    };
  }
  const { cause, step, message, status } = error;
  return {
    status,
    body: { error: redactText(isA(cause, Error) ? describeThrown(cause).message : message), step, id },
    retryAfterMs: isA(cause, StatusError) ? cause.retryAfterMs : undefined,
    allow: isA(cause, StatusError) ? cause.allow : undefined,
  };
}
