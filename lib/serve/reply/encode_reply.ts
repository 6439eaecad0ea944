import type { ReplyBody } from "../../errors.ts";
import { jsonValue } from "../../protocol/json_text.ts";
import { headerText } from "./header_text.ts";

const TEXT: ResponseInit = { headers: { "content-type": "text/plain; charset=utf-8" } };
const BYTES: ResponseInit = { headers: { "content-type": "application/octet-stream" } };
const NO_JSON: ResponseInit = { headers: { "content-type": "application/json" } };

/**
 * Writes a reply: text as text, bytes as bytes, a `Response` as it is, undefined as 204, everything else as JSON.
 *
 * @throws {TypeError} If JSON cannot hold the value as it is, naming where: `outputs[3] is NaN`.
 */
export function encodeReply(value: unknown, event: { readonly id: string }): Response {
  if (value instanceof Response) return value;
  if (value === undefined) return new Response(null, { status: 204, headers: { "x-event-id": headerText(event.id) } });
  if (typeof value === "string") return new Response(value, TEXT);
  if (value instanceof Uint8Array) return new Response(value as Uint8Array<ArrayBuffer>, BYTES);
  const written = jsonValue(value, "send the reply");
  return written === undefined ? new Response(null, NO_JSON) : Response.json(written);
}

/** Writes a reply that says what went wrong. */
export function encodeError(status: number, body: ReplyBody): Response {
  return Response.json(body, { status });
}
