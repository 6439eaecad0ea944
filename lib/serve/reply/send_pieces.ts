import { StatusError } from "../../errors.ts";
import type { Outflow } from "../limits/outflow.ts";
import type { SentBody } from "../limits/sent_body.ts";
import { PIECE_BYTES } from "../limits/sent_reply.ts";

/** How a large body is sent. */
export interface SendOptions {
  readonly outflow: Outflow;
  readonly headers: Readonly<Record<string, string>>;
  /** Aborts when the caller leaves: nothing more is written then. Default: never. */
  readonly signal?: (() => AbortSignal) | undefined;
  /** What the body is packed as. Default: it is not. */
  readonly coding?: CompressionFormat | undefined;
}

const UTF8 = new TextEncoder();

/**
 * Sends text that is written piece by piece, in turn with what other replies write. All of it is there before the first byte goes, so that
 * what fails is an answer of its own.
 *
 * @throws {StatusError} 503 where all replies together become too large, 499 where the caller leaves; and what the pieces fail with.
 */
export function sendPieces(pieces: Iterator<string, void>, options: SendOptions): Response | Promise<Response> {
  const first = pieces.next().value ?? "";
  const second = pieces.next(); // with the first: most have no more
  return second.done === true ? sendWhole(first, options) : sendAll([first, second.value], { rest: pieces, options });
}

/**
 * Sends bytes, or text as UTF-8: at once where they are few.
 *
 * @throws {StatusError} 503 where all replies together become too large.
 */
export function sendWhole(body: string | Uint8Array, options: SendOptions): Response {
  const { outflow, headers, coding } = options;
  if (body.length <= PIECE_BYTES && coding === undefined) return new Response(body as BodyInit, { headers });
  const bytes = typeof body === "string" ? UTF8.encode(body) : body;
  const sent = outflow.open();
  try {
    sent.hold(bytes.length);
  } catch (error) {
    sent.close();
    throw error;
  }
  return response([bytes], { sent, options });
}

async function sendAll(
  first: readonly string[],
  { rest, options }: { readonly rest: Iterator<string, void>; readonly options: SendOptions },
): Promise<Response> {
  const { outflow, signal } = options;
  const sent = outflow.open();
  try {
    const held: Uint8Array[] = [];
    const hold = (piece: string) => {
      const bytes = UTF8.encode(piece);
      sent.hold(bytes.length);
      held.push(bytes);
    };
    first.forEach(hold);
    for (;;) {
      await outflow.turn();
      if (signal?.().aborted === true) throw new StatusError(499, "The caller left before its reply was written");
      const next = rest.next();
      if (next.done === true) return response(held, { sent, options });
      hold(next.value);
    }
  } catch (error) {
    sent.close();
    throw error;
  }
}

function response(
  pieces: Uint8Array[],
  { sent, options: { headers, coding } }: { readonly sent: SentBody; readonly options: SendOptions },
): Response {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const body = sent.sendHeld(pieces) as ReadableStream<Uint8Array<ArrayBuffer>>;
  return coding === undefined
    ? new Response(body, { headers: { ...headers, "content-length": String(length) } })
    : new Response(body.pipeThrough(new CompressionStream(coding)), { headers });
}
