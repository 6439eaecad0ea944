import type { Outlet } from "../graph/operator.ts";
import type { Stream } from "../streams/stream.ts";
import { recordOf } from "./event_record.ts";

/** A stream as a way out of a graph. */
export function streamOutlet(stream: Stream): Outlet {
  return {
    send: (events) => stream.publish(events.map(recordOf)),
    close: () => stream.close(),
  };
}
