import type { Outcome } from "../../flow/outcome.ts";
import type { FlowEvent } from "../../graph/event.ts";
import type { TensorForm } from "../../protocol/encode_tensor_reply.ts";
import { TensorReply } from "../../tensor/tensor_reply.ts";
import type { Visit } from "../limits/door.ts";
import type { Outflow } from "../limits/outflow.ts";
import { encodeReply } from "./encode_reply.ts";
import { encodeStream } from "./encode_stream.ts";
import { encodeTensors } from "./encode_tensors.ts";
import type { Caller } from "../port/caller.ts";
import type { FailureTeller } from "../tell_failure.ts";
import { headerText } from "./header_text.ts";
import { acceptedForm } from "./stream_form.ts";

/** What is known of a request when it is answered. */
export interface Answered {
  readonly request: Request;
  readonly caller: Caller;
  readonly event: FlowEvent;
  /** How tensors in the reply are to be written; undefined where the request brought none. */
  readonly form: TensorForm | undefined;
  readonly failures: FailureTeller | undefined;
  /** Where large and streamed replies leave. */
  readonly outflow: Outflow;
  /** Whose turn a streamed reply keeps; undefined where there are no turns. */
  readonly visit: Visit | undefined;
}

/** What became of an event that did not fail. */
export type Told =
  | Exclude<Outcome, { kind: "stream" | "failed" }>
  | { readonly kind: "stream"; readonly chunks: AsyncIterator<unknown> };

/** Writes the response. */
export function encodeOutcome(
  outcome: Told,
  { request, caller, event, form, failures, outflow, visit }: Answered,
): Response | Promise<Response> {
  switch (outcome.kind) {
    case "reply":
      if (outcome.body instanceof TensorReply) {
        const accepts = () => request.headers.get("accept-encoding");
        return encodeTensors(outcome.body, { form, accepts, outflow, signal: () => caller.signal });
      }
      return encodeReply(outcome.body, {
        id: event.id,
        accepts: () => request.headers.get("accept"),
        outflow,
        signal: () => caller.signal,
      });
    case "stream":
      return encodeStream(outcome.chunks, {
        accept: acceptedForm(event.path, request.headers),
        id: event.id,
        onFailure: (error) => failures?.tell(error, event),
        outflow,
        isInTheWay: visit && (() => visit.isInTheWay),
      });
    case "accepted":
      return encodeReply({ id: event.id }, event);
    case "ended":
      return new Response(null, {
        status: 204,
        headers: { "x-event-id": headerText(event.id), "x-ended-at-step": headerText(outcome.step) },
      });
  }
}
