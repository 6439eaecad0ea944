import type { RunningStep } from "./running_step.ts";
import type { Traffic } from "./traffic.ts";

/** How much is under way in a running flow at one moment. */
export interface FlowStatus {
  /** Events that have come in, and of which something is not done yet. */
  readonly inFlight: number;
  /** Branches of them that wait for a promise, at a step or before it. */
  readonly waiting: number;
  /** Each step, in the order of the graph. */
  readonly steps: readonly {
    /** The name of the step. */
    readonly step: string;
    /** The function that it runs in. */
    readonly function: string;
    /** Whether it is a queue. */
    readonly isQueue: boolean;
    /** How many events it keeps: those in a queue, a batch, a join. */
    readonly held: number;
  }[];
}

/** Counts what is under way. */
export function statusOf(steps: readonly RunningStep[], { live, waiting }: Traffic): FlowStatus {
  return {
    inFlight: live,
    waiting,
    steps: steps.map(({ name, function: fn, isBorder, holding }) => ({
      step: name,
      function: fn,
      isQueue: isBorder,
      held: holding.size,
    })),
  };
}
