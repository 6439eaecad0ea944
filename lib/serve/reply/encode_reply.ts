import { isLevadaJson, LEVADA_JSON } from "../../border/levada_json.ts";
import { isJson } from "../../border/is_json.ts";
import { writeValue } from "../../border/write_value.ts";
import type { ReplyBody } from "../../errors.ts";
import { hasMore, jsonPieces } from "../../protocol/json_pieces.ts";
import { isPlainWithin, jsonValue } from "../../protocol/json_text.ts";
import { Outflow } from "../limits/outflow.ts";
import { PIECE_BYTES } from "../limits/sent_reply.ts";
import { headerText } from "./header_text.ts";
import { sendPieces, sendWhole } from "./send_pieces.ts";
import { wholeText } from "../../tensor/whole_text.ts";

/** How a reply is written. */
export interface ReplyOptions {
  /** The event's id. */
  readonly id: string;
  /** The request's `accept`. Default: it says nothing. */
  readonly accepts?: () => string | null;
  /** Where a large reply leaves. Default: it waits for its reader. */
  readonly outflow?: Outflow;
  /** Aborts when the caller leaves. Default: never. */
  readonly signal?: () => AbortSignal;
}

const TEXT = { "content-type": "text/plain; charset=utf-8" };
const BYTES = { "content-type": "application/octet-stream" };
const LEVADA_TYPE = { "content-type": LEVADA_JSON };
const JSON_TYPE = { "content-type": "application/json" };
const TEXT_INIT: ResponseInit = { headers: TEXT };
const BYTES_INIT: ResponseInit = { headers: BYTES };
const ACT = "send the reply";
const FEW_VALUES = 2_048; // what is beyond may have more than 64 KiB

/**
 * Writes a reply: text as text, bytes as bytes, a `Response` as it is, undefined as 204, everything else as JSON; what is large piece by
 * piece. Who accepts `LEVADA_JSON` gets what JSON has no word for in that type, in one piece.
 *
 * @throws {TypeError} If JSON cannot hold the value as it is, naming where: `outputs[3] is NaN`; if a text has half a character.
 * @throws {StatusError} 503 where all replies together are too large.
 */
export function encodeReply(value: unknown, options: ReplyOptions): Response | Promise<Response> {
  if (value instanceof Response) return value;
  if (options.accepts !== undefined && namesLevadaJson(options.accepts())) {
    const text = wordsOf(value);
    if (text !== undefined) return sendWhole(text, sending(LEVADA_TYPE, options));
  }
  if (value === undefined) {
    return new Response(null, { status: 204, headers: { "x-event-id": headerText(options.id) } });
  }
  if (typeof value === "string") {
    wholeText(value, `${ACT} as text`);
    if (value.length <= PIECE_BYTES) return new Response(value, TEXT_INIT);
    return sendWhole(value, sending(TEXT, options));
  }
  if (value instanceof Uint8Array) {
    if (value.length <= PIECE_BYTES) return new Response(value as Uint8Array<ArrayBuffer>, BYTES_INIT);
    return sendWhole(value, sending(BYTES, options));
  }
  if (isPlainWithin(value, FEW_VALUES)) return Response.json(value);
  if (hasMore(value, FEW_VALUES)) return sendPieces(jsonPieces(value, ACT), sending(JSON_TYPE, options));
  const written = jsonValue(value, ACT);
  return written === undefined ? new Response(null, { headers: JSON_TYPE }) : Response.json(written);
}

/** Whether a header names the type, and does not refuse it. */
function namesLevadaJson(accept: string | null): boolean {
  return accept !== null && accept.includes(LEVADA_JSON) &&
    accept.split(",").some((range) => isLevadaJson(range) && !/;\s*q\s*=\s*0(\.0*)?\s*(;|$)/i.test(range));
}

/** What is to be written with Levada's words; undefined where text, bytes or JSON say it. */
function wordsOf(value: unknown): string | undefined {
  const isSaid = typeof value === "string"
    ? value !== "" && value.isWellFormed()
    : value instanceof Uint8Array
    ? value.length > 0 // no bytes are read as null
    : isJson(value);
  if (isSaid) return undefined;
  const { text, isJson: isPlain } = writeValue(value, ACT, { takesToJson: true });
  return isPlain && typeof value !== "string" ? undefined : text;
}

function sending(headers: Readonly<Record<string, string>>, { outflow = new Outflow(), signal }: ReplyOptions) {
  return { headers, outflow, signal };
}

/** Writes a reply that says what went wrong. */
export function encodeError(status: number, body: ReplyBody): Response {
  return Response.json(body, { status });
}
