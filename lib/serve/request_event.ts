/** The event that a request is. */

import { unwrapEvent } from "../event_wrapper.ts";
import { type EventInit, FlowEvent } from "../graph/event.ts";
import type { Caller } from "./port/caller.ts";

/** What is known of a request besides its bytes. */
export interface RequestInfo extends Pick<EventInit, "id" | "key" | "time" | "trigger"> {
  /** Who asks. Default: the request tells when its caller leaves. */
  readonly caller?: Caller | undefined;
}

/** The event of a request, without its body yet. */
export function eventOf(request: Request, path: string, info: RequestInfo): FlowEvent {
  const { id, key, time, trigger = "http", caller = request } = info;
  const { method, headers } = request;
  return new FlowEvent<unknown>(null, {
    id: id ?? headers.get("mlrun-event-id") ?? undefined,
    key,
    time,
    path: headers.get("mlrun-event-path") ?? path,
    trigger,
    method,
    headers,
    signal: () => caller.signal,
  });
}

/** The event with its body; what another function of MLRun's sent says itself which event it was. */
export function unwrapped(event: FlowEvent, body: unknown): FlowEvent {
  const wrapped = unwrapEvent(body);
  event.body = wrapped === undefined ? body : wrapped.body;
  if (wrapped?.key !== undefined) event.key = wrapped.key;
  return wrapped?.id === undefined ? event : event.withId(wrapped.id);
}
