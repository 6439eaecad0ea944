import type { StepError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { ReplyStream } from "./reply_stream.ts";

/** How an event's way through the graph ended for whoever sent it. */
export type Outcome =
  /** The responder's result. */
  | { readonly kind: "reply"; readonly body: unknown }
  /** The responder's results, one after another. */
  | { readonly kind: "stream"; readonly chunks: ReplyStream }
  /** No step answers: the event was taken in. */
  | { readonly kind: "accepted" }
  /** The event ended before it reached the responder: a filter dropped it, a list was empty. */
  | { readonly kind: "ended"; readonly step: string }
  | { readonly kind: "failed"; readonly error: StepError };

/** What `ask` gives for an outcome. */
export function replyTo(event: FlowEvent, outcome: Outcome | Promise<Outcome>): Promise<unknown> {
  if (outcome instanceof Promise) return outcome.then((later) => replyOf(later, event));
  return outcome.kind === "failed" ? Promise.reject(outcome.error) : Promise.resolve(replyOf(outcome, event));
}

function replyOf(outcome: Outcome, event: FlowEvent): unknown {
  switch (outcome.kind) {
    case "reply":
      return outcome.body;
    case "stream":
      return outcome.chunks;
    case "accepted":
      return { id: event.id };
    case "ended":
      return undefined;
    case "failed":
      throw outcome.error;
  }
}

/** Whether what failed may go well when it is delivered again: it was not the event's own fault. */
export function isWorthAnotherTry({ status }: StepError): boolean {
  return status >= 500;
}
