import type { Clock } from "../graph/clock.ts";
import type { Log } from "../graph/context.ts";
import type { Flow } from "./flow.ts";
import type { InHand } from "./in_hand.ts";

/** What an inlet works with. */
export interface InletParts {
  readonly flow: Flow;
  readonly clock: Clock;
  readonly log: Log;
  /** What a record's body is for the flow; a record of which it throws goes to the dead letters. Default: as it came. */
  readonly read?: (body: unknown) => unknown;
}

/** What the inlets of one worker work with. */
export interface SharedParts extends InletParts {
  readonly inHand: InHand;
}
