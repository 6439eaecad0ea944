/** A request on its way through the session, and the reading of what it says. */

import type { ZodType } from "zod";
import type { Message } from "../message/message.ts";

/** The sockets on which requests come. */
export type RequestChannel = "shell" | "control";

/** One request. */
export interface Request {
  readonly channel: RequestChannel;
  readonly message: Message;
  /** A cell before it in the queue failed: it is answered, not run. */
  isAborted: boolean;
}

/** What a reply says; it always has a `status`. */
export type Reply = { readonly status: "ok" | "error" } & Readonly<Record<string, unknown>>;

/** A request says something else than the protocol asks for. */
export class RequestError extends TypeError {
  override readonly name = "RequestError";
}

/**
 * Reads the content of a request.
 *
 * @throws {RequestError} If it is not as the schema says; all wrong fields are named.
 */
export function readContent<Content>(request: Request, schema: ZodType<Content>): Content {
  const parsed = schema.safeParse(request.message.content);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "content"}: ${message}`);
  throw new RequestError(`Cannot answer ${request.message.header.msg_type}: ${fields.join("; ")}`);
}

/** The reply that tells of an error. */
export function errorReply(name: string, message: string, traceback: readonly string[] = []): Reply {
  return { status: "error", ename: name, evalue: message, traceback };
}
