import type { FlowEvent } from "../graph/event.ts";
import type { Outlet } from "../graph/operator.ts";
import { type Trip, tripOf } from "./trip.ts";

/** Two ways out of a graph to the same stream. */
export interface ExchangeWays {
  /** What is kept with the acknowledgement of the records that it was made of. */
  readonly exchanged: Outlet;
  /** What is kept at once: what callers have sent. */
  readonly direct: Outlet;
}

/** A way out for what becomes of records that are exchanged; what comes too late for them is dropped, since it comes again. */
export function exchangeOutlet({ exchanged, direct }: ExchangeWays): Outlet {
  return {
    async send(events) {
      const byPass = Map.groupBy(events, passOf);
      for (const [pass, some] of byPass) {
        if (pass === undefined) await direct.send(some);
        else if (!pass.isOver) await exchanged.send(some);
      }
    },
    async close() {
      await Promise.all([exchanged.close(), direct.close()]);
    },
  };
}

function passOf(event: FlowEvent): Trip["pass"] {
  for (const { pass } of tripOf(event).roots()) if (pass !== undefined) return pass;
  return undefined;
}
