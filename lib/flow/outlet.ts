import type { Outlet } from "../graph/operator.ts";
import type { Stream } from "../streams/stream.ts";
import { recordOf } from "./event_record.ts";
import { traceHeaders } from "./instruments.ts";
import type { Surroundings } from "./surroundings.ts";

/** A stream as a way out of a graph. */
export function streamOutlet(
  stream: Stream,
  { instruments, publishing }: Pick<Surroundings, "instruments" | "publishing"> = {},
): Outlet {
  const publish = (events: Parameters<Outlet["send"]>[0]) =>
    stream.publish(events.map((event) => recordOf(event, traceHeaders(event, "publishes", instruments))));
  return {
    send: (events) => publishing === undefined ? publish(events) : publishing.watch(stream, () => publish(events)),
    close: () => stream.close(),
  };
}
