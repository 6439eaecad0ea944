import { StatusError, type StepError } from "../errors.ts";
import type { Flow } from "../flow/flow.ts";
import type { Outcome } from "../flow/outcome.ts";
import { type EventInit, FlowEvent } from "../graph/event.ts";
import { decodeBody } from "./decode_body.ts";
import { encodeError, encodeReply } from "./encode_reply.ts";
import { encodeStream } from "./encode_stream.ts";

/** What is known of a request besides its bytes. */
export type RequestInfo = Pick<EventInit, "id" | "key" | "time" | "trigger">;

/** Answers requests: the whole path of a request but the socket. */
export interface App {
  fetch(request: Request, info?: RequestInfo): Promise<Response>;
}

/** How requests are read. */
export interface AppOptions {
  /** The content type of a body that comes without one. Default: JSON where it can be read so, else text, else bytes. */
  readonly defaultContentType?: string | undefined;
}

/** The app of a running flow: Request → event → flow → Response. It never rejects. */
export function createApp(flow: Flow, { defaultContentType }: AppOptions = {}): App {
  return {
    async fetch(request, info = {}) {
      const event = eventOf(request, info);
      try {
        event.body = await decodeBody(request, defaultContentType);
        return await respond(await flow.handle(event), event);
      } catch (error) {
        const status = error instanceof StatusError ? error.status : 500;
        return encodeError(status, { error: error instanceof Error ? error.message : String(error), id: event.id });
      }
    },
  };
}

function eventOf(request: Request, info: RequestInfo): FlowEvent {
  const { method, headers, url } = request;
  return new FlowEvent<unknown>(null, {
    ...info,
    id: info.id ?? headers.get("mlrun-event-id") ?? undefined,
    path: headers.get("mlrun-event-path") ?? new URL(url).pathname,
    trigger: info.trigger ?? "http",
    method,
    headers,
    signal: request.signal,
  });
}

function respond(outcome: Outcome, event: FlowEvent): Response | Promise<Response> {
  switch (outcome.kind) {
    case "reply":
      return encodeReply(outcome.body, event.id);
    case "stream":
      return encodeStream(outcome.chunks, { accept: event.headers.get("accept"), id: event.id });
    case "accepted":
      return encodeReply({ id: event.id }, event.id);
    case "ended":
      return new Response(null, {
        status: 204,
        headers: { "x-event-id": event.id, "x-ended-at-step": encodeURI(outcome.step) },
      });
    case "failed":
      return encodeError(outcome.error.status, failureBody(outcome.error, event));
  }
}

function failureBody({ cause, step, message }: StepError, event: FlowEvent) {
  return { error: cause instanceof Error ? cause.message : message, step, id: event.id };
}
