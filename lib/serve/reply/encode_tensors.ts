import { encodeTensorReply, type TensorForm, tensorReplyPieces } from "../../protocol/encode_tensor_reply.ts";
import type { TensorReply } from "../../tensor/tensor_reply.ts";
import { Outflow } from "../limits/outflow.ts";
import { PIECE_BYTES } from "../limits/sent_reply.ts";
import { sendPieces, sendWhole } from "./send_pieces.ts";

/** How a reply of tensors is written. */
export interface TensorOptions {
  /** As the request asked; undefined where it brought no tensors. */
  readonly form: TensorForm | undefined;
  /** The request's `accept-encoding`. */
  readonly accepts: () => string | null;
  /** Where a large reply leaves. Default: it waits for its reader. */
  readonly outflow?: Outflow;
  /** Aborts when the caller leaves. Default: never. */
  readonly signal?: () => AbortSignal;
}

const LEAST_BYTES = 256; // less is not worth packing
const FEW_VALUES = 2_048; // what is beyond may have more than 64 KiB
const JSON_TYPE = { "content-type": "application/json" };

/**
 * Writes a reply of the open inference protocol in the form that the request asked for; large JSON piece by piece. It is packed where the
 * request accepts gzip or deflate and nothing else, as Triton's clients ask; lists of codings are what HTTP libraries send by themselves, and
 * tensors pack badly.
 *
 * @throws {StatusError} 406 if JSON is asked for and cannot hold a value, 503 where all replies together are too large.
 */
export function encodeTensors(reply: TensorReply, options: TensorOptions): Response | Promise<Response> {
  const { form, accepts, outflow = new Outflow(), signal } = options;
  if ((form === undefined || isJson(form)) && hasMany(reply)) {
    const coding = codingOf(accepts());
    return sendPieces(tensorReplyPieces(reply), { outflow, signal, coding, headers: withCoding(JSON_TYPE, coding) });
  }
  const { body, headerLength } = encodeTensorReply(reply, form);
  const headers = headerLength === undefined ? JSON_TYPE : {
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(headerLength),
  };
  const coding = body.length < LEAST_BYTES ? undefined : codingOf(accepts());
  if (coding === undefined && body.length <= PIECE_BYTES) return new Response(body, { headers });
  return sendWhole(body, { outflow, coding, headers: withCoding(headers, coding) });
}

function isJson({ isBinary, outputs }: TensorForm): boolean {
  return !isBinary && outputs.size === 0;
}

function hasMany({ outputs }: TensorReply): boolean {
  let values = 0;
  for (const { data } of outputs) values += data.length;
  return values > FEW_VALUES;
}

function codingOf(accepted: string | null): CompressionFormat | undefined {
  return accepted === "gzip" || accepted === "deflate" ? accepted : undefined;
}

function withCoding(headers: Readonly<Record<string, string>>, coding: CompressionFormat | undefined) {
  return coding === undefined ? headers : { ...headers, "content-encoding": coding, "vary": "accept-encoding" };
}
