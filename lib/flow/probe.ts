import type { FlowEvent } from "../graph/event.ts";

/** Told of what every step of a running flow does; a flow without one pays nothing for it. */
export interface Probe {
  /** An event enters a step. */
  enter?(step: string, event: FlowEvent): void;
  /**
   * What came out of a step, once it is there: the events that go on, with their bodies; none where the event ended. For an event that
   * a step made of several, a batch, `event` is that new one. A step that streams calls it for each chunk.
   */
  leave?(step: string, event: FlowEvent, went: readonly FlowEvent[]): void;
  /** A step keeps an event for a while; `leave` or `fail` follows when it goes on. */
  hold?(step: string, event: FlowEvent): void;
  /** A step failed on an event. */
  fail?(step: string, event: FlowEvent, error: unknown): void;
}

/** Several probes as one; undefined where there are none. */
export function joinProbes(probes: readonly Probe[]): Probe | undefined {
  if (probes.length < 2) return probes[0];
  return {
    enter: (step, event) => probes.forEach((probe) => probe.enter?.(step, event)),
    leave: (step, event, went) => probes.forEach((probe) => probe.leave?.(step, event, went)),
    hold: (step, event) => probes.forEach((probe) => probe.hold?.(step, event)),
    fail: (step, event, error) => probes.forEach((probe) => probe.fail?.(step, event, error)),
  };
}

/** Tells that an event enters a step; the end of a stream is the engine's own, and nobody is told of it. */
export function tellEntry(probe: Probe, step: string, event: FlowEvent): void {
  if (event.chunk?.end === undefined) probe.enter?.(step, event);
}
