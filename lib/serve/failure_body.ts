import { describeThrown, isA, type ReplyBody, StatusError, StepError } from "../errors.ts";

/** What a caller is told of a failure, and with which status: a step's own words and its name, where a step failed. */
export function failureBody(error: unknown, id: string): { status: number; body: ReplyBody } {
  if (!isA(error, StepError)) {
    return { status: isA(error, StatusError) ? error.status : 500, body: { error: describeThrown(error).message, id } };
  }
  const { cause, step, message, status } = error;
  return { status, body: { error: isA(cause, Error) ? describeThrown(cause).message : message, step, id } };
}
