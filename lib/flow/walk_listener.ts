import type { StepError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";

/** What the walk tells of. */
export interface WalkListener {
  /** A step failed and no handler took it; `isTold` where a caller gets it as the answer. */
  onFailure(event: FlowEvent, error: StepError, isTold: boolean): void;
  /** A branch waits for a promise, or has ended its wait. */
  onWait(change: 1 | -1, event: FlowEvent, giveUp: (() => void) | undefined): void;
}
