import type { FlowEvent } from "../graph/event.ts";

/** Told of what every step of a running flow does; a flow without one pays nothing for it. */
export interface Probe {
  /** An event enters a step. */
  enter?(step: string, event: FlowEvent): void;
  /** What came out of a step for an event, once it is there: how many events go on, with their bodies. */
  leave?(step: string, event: FlowEvent, went: readonly FlowEvent[]): void;
  /** A step failed on an event. */
  fail?(step: string, event: FlowEvent, error: unknown): void;
}
