import type { FlowEvent } from "../../graph/event.ts";
import type { TensorReply } from "../../tensor/tensor_reply.ts";
import { failureBody } from "../reply/failure_body.ts";
import { askFlow, type Caller, type GrpcRequest } from "./ask_flow.ts";
import { emptyReply, replyTo } from "./infer.ts";
import { decodeInferRequest, type InferAsk } from "./infer_request.ts";
import { encodeInferResponse, encodeStreamResponse } from "./infer_response.ts";
import type { Site } from "./site.ts";

/** Both ends of a streaming call. */
export interface Conversation extends Caller {
  /** The next message is asked for when the one before has been dealt with. */
  readonly messages: AsyncIterable<Uint8Array>;
  /** Resolves when the caller has room for more. Rejects when the caller has left, and where all replies together are too large. */
  send(message: readonly Uint8Array[]): Promise<void>;
  /** What is sent from here on keeps a turn, and `othersWait` tells whether others wait for it; undefined: it keeps none. */
  keepTurn(othersWait: (() => boolean) | undefined): void;
}

const IS_FINAL = "triton_final_response";

/**
 * ModelStreamInfer: requests one after another, each answered by one reply, or by several where the graph streams, before the next is read.
 * A failure is told in the stream, which goes on; it ends the stream where the caller's metadata say `triton_grpc_error: true`.
 */
export async function modelStreamInfer(site: Site, talk: Conversation): Promise<void> {
  const endsByError = talk.headers.some(([name, value]) => name === "triton_grpc_error" && value === "true");
  for await (const message of talk.messages) {
    let ask: InferAsk | undefined;
    try {
      ask = decodeInferRequest(message, site.wire);
      await answer(site, { ask, bytes: message.length, caller: talk }, talk);
    } catch (error) {
      if (talk.signal.aborted || endsByError) throw error;
      await talk.send(failure(site, error, { ask, event: talk.event }));
    }
  }
}

async function answer(site: Site, request: GrpcRequest, talk: Conversation): Promise<void> {
  const { wire } = site;
  const { ask } = request;
  const send = (reply: TensorReply, isFinal: boolean) => {
    const told = reply.with({ parameters: { ...reply.parameters, [IS_FINAL]: isFinal } });
    return talk.send(encodeStreamResponse({ response: encodeInferResponse(told, { isRaw: ask.isRaw, wire }) }, wire));
  };
  await askFlow(site.server, request, async (outcome, event, room) => {
    if (outcome.kind !== "stream") room?.close(); // not for a reader who does not read what there is
    switch (outcome.kind) {
      case "reply":
        return await send(replyTo(ask, event, outcome.body), true);
      case "stream":
        room?.lend(outcome.chunks);
        talk.keepTurn(room && (() => room.isInTheWay));
        for await (const chunk of outcome.chunks) await send(replyTo(ask, event, chunk), false);
        if (ask.wantsFinal) await send(emptyReply(ask, event), true);
        return;
      case "failed":
        throw outcome.error;
      default:
        return await send(emptyReply(ask, event), true);
    }
  });
}

interface Failed {
  /** Undefined where the request could not be read. */
  readonly ask: InferAsk | undefined;
  readonly event: FlowEvent | undefined;
}

function failure({ wire }: Site, error: unknown, { ask, event }: Failed): readonly Uint8Array[] {
  const { body } = failureBody(error, event?.id ?? "");
  const told = ask === undefined || event === undefined
    ? {}
    : { response: encodeInferResponse(emptyReply(ask, event), { isRaw: true, wire }) };
  return encodeStreamResponse({ error: body.error || "it failed without a word", ...told }, wire);
}
