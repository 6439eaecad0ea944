import { StatusError } from "../../errors.ts";
import type { FlowEvent } from "../../graph/event.ts";
import { TensorReply } from "../../tensor/tensor_reply.ts";
import { PIECE_BYTES } from "../limits/sent_reply.ts";
import { askFlow, type Caller } from "./ask_flow.ts";
import { decodeInferRequest, type InferAsk } from "./infer_request.ts";
import { encodeInferResponse } from "./infer_response.ts";
import { replyTensors } from "./reply_tensors.ts";
import type { Site } from "./site.ts";

/** ModelInfer: one request, one reply. */
export async function modelInfer(site: Site, message: Uint8Array, caller: Caller): Promise<Uint8Array[]> {
  const ask = decodeInferRequest(message, site.wire);
  return await askFlow(site.server, { ask, bytes: message.length, caller }, async (outcome, event) => {
    switch (outcome.kind) {
      case "reply": {
        const reply = encodeInferResponse(replyTo(ask, event, outcome.body), { isRaw: ask.isRaw, wire: site.wire });
        const bytes = lengthOf(reply);
        if (bytes > PIECE_BYTES) caller.hold(bytes);
        return reply;
      }
      case "stream":
        await outcome.chunks.return();
        throw new StatusError(
          501,
          `Cannot answer by one reply: model "${ask.model}" streams. Ask it by ModelStreamInfer`,
        );
      case "failed":
        throw outcome.error;
      default:
        return encodeInferResponse(emptyReply(ask, event), { isRaw: true, wire: site.wire });
    }
  });
}

/** How long a message in pieces is. */
export function lengthOf(message: readonly Uint8Array[]): number {
  return message.reduce((total, { length }) => total + length, 0);
}

/** The reply to a request, of what the graph gave. */
export function replyTo({ model, version, body }: InferAsk, event: FlowEvent, given: unknown): TensorReply {
  return replyTensors(given, { model, version, id: typeof body.id === "string" ? body.id : event.id });
}

/** The reply to a request that no step answers, or that ended on its way: it has no tensors. */
export function emptyReply(ask: InferAsk, event: FlowEvent): TensorReply {
  return replyTo(ask, event, undefined);
}
