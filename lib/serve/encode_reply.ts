import type { ReplyBody } from "../errors.ts";
import { jsonText } from "../protocol/json_text.ts";
import { headerText } from "./header_text.ts";

/**
 * Writes a reply: text as text, bytes as bytes, a `Response` as it is, undefined as 204, everything else as JSON.
 *
 * @throws {TypeError} If JSON cannot hold the value as it is, naming where: `outputs[3] is NaN`.
 */
export function encodeReply(value: unknown, event: { readonly id: string }): Response {
  if (value instanceof Response) return value;
  if (value === undefined) return new Response(null, { status: 204, headers: { "x-event-id": headerText(event.id) } });
  if (typeof value === "string") return reply(value, "text/plain; charset=utf-8");
  if (value instanceof Uint8Array) return reply(value as Uint8Array<ArrayBuffer>, "application/octet-stream");
  return reply(jsonText(value, "send the reply"), "application/json");
}

/** Writes a reply that says what went wrong. */
export function encodeError(status: number, body: ReplyBody): Response {
  return Response.json(body, { status });
}

function reply(body: string | Uint8Array<ArrayBuffer>, type: string): Response {
  return new Response(body, { headers: { "content-type": type } });
}
