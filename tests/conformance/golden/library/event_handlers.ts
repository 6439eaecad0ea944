/** The handlers that cases give the whole event. */

import { type FlowEvent, reply } from "levada";
import { add, number } from "./python.ts";

/** Events in, events out, by the name that cases use. */
export const EVENT_HANDLERS: Readonly<Record<string, (event: FlowEvent) => unknown>> = {
  catch: caught,
  error_catcher: caught,
  catch_text(event) {
    event.body = `caught at ${event.error?.step}`;
    return event;
  },
  catch_raise() {
    throw new Error("handler failed too");
  },
  event_info(event) {
    const { id, path, method, headers, body } = event;
    event.body = {
      id,
      path,
      method,
      content_type: headers.get("content-type"),
      headers: Object.fromEntries(headers),
      body,
    };
    return event;
  },
  "(event.body)": (event) => event.body,
  big: (event) => number(event.body) > 2,
  event_terminate: () => reply("terminated"),
  event_add1(event) {
    event.body = add(event.body, 1);
    return event;
  },
};

/** What failed, where and why, in the body. */
export function caught(event: FlowEvent): FlowEvent {
  event.body = { body: event.body, origin_state: event.error?.step, error: event.error?.message };
  return event;
}
