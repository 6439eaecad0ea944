import { encodeError } from "./encode_reply.ts";
import { failureBody } from "./failure_body.ts";

/** Writes what a caller is told of a failure: its status, its words without secrets, when to come again, and which methods do. */
export function encodeFailure(error: unknown, id: string): Response {
  const { status, body, retryAfterMs, allow } = failureBody(error, id);
  const response = encodeError(status, body);
  if (retryAfterMs !== undefined) response.headers.set("retry-after", String(Math.ceil(retryAfterMs / 1_000)));
  if (allow !== undefined) response.headers.set("allow", allow.join(", "));
  return response;
}
