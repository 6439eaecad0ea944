import type { FlowEvent } from "../graph/event.ts";
import type { Outlet } from "../graph/operator.ts";
import type { ExchangeOutput } from "../streams/exchange.ts";
import { recordOf } from "./event_record.ts";
import { type Instruments, traceHeaders } from "./instruments.ts";
import { Pass } from "./pass.ts";
import { tripOf } from "./trip.ts";

/** Two ways out of a graph to the same stream. */
export interface ExchangeWays {
  /** What is kept with the acknowledgement of the records that it was made of. */
  readonly exchanged: ExchangeOutput;
  /** What is kept at once: what callers have sent. */
  readonly direct: Outlet;
  readonly instruments?: Instruments | undefined;
}

/** A way out for what becomes of records that are exchanged; what comes too late for them is dropped, since it comes again. */
export function exchangeOutlet({ exchanged, direct, instruments }: ExchangeWays): Outlet {
  return {
    async send(events) {
      const kept: { pass: Pass; event: FlowEvent }[] = [];
      const atOnce: FlowEvent[] = [];
      for (const event of events) {
        const pass = passOf(event);
        if (pass === undefined) atOnce.push(event);
        else if (!pass.isOver) kept.push({ pass, event });
      }
      const sealed = exchanged.seal(
        kept.map(({ event }) => recordOf(event, traceHeaders(event, "publishes", instruments))),
      );
      if (atOnce.length > 0) await direct.send(atOnce);
      kept.forEach(({ pass }, index) => pass.keep(sealed[index]!)); // last: where something fails all are sent once more
    },
    async close() {
      await Promise.all([exchanged.close(), direct.close()]);
    },
  };
}

function passOf(event: FlowEvent): Pass | undefined {
  for (const { pass } of tripOf(event).roots()) if (pass instanceof Pass) return pass;
  return undefined;
}
