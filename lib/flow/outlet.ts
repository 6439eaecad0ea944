import type { Outlet } from "../graph/operator.ts";
import type { Stream } from "../streams/stream.ts";
import { recordOf } from "./event_record.ts";
import { type Instruments, traceHeaders } from "./instruments.ts";

/** A stream as a way out of a graph. */
export function streamOutlet(stream: Stream, instruments?: Instruments): Outlet {
  return {
    send: (events) =>
      stream.publish(events.map((event) => recordOf(event, traceHeaders(event, "publishes", instruments)))),
    close: () => stream.close(),
  };
}
