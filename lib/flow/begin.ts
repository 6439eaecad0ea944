import { StepError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { RunningStep } from "./running_step.ts";
import type { Traffic } from "./traffic.ts";
import { Trip } from "./trip.ts";
import type { Walk } from "./walk.ts";

/** What an event is sent in with. */
export interface SendOptions {
  readonly trip: Trip;
  readonly walk: Walk;
  readonly traffic: Traffic;
  /** The step that fails where the body cannot be copied for several. */
  readonly step: string;
}

/** Sends an event into steps; from here on it is under way. Where its body cannot be copied for several steps, it has failed. */
export function sendInto(
  steps: readonly RunningStep[],
  event: FlowEvent,
  { trip, walk, traffic, step }: SendOptions,
): void {
  traffic.enter(trip);
  try {
    walk.spread(steps, event, trip);
  } catch (error) {
    const failure = new StepError(step, error);
    const isTold = trip.settle({ kind: "failed", error: failure });
    trip.note(failure);
    traffic.onFailure(event, failure, isTold);
    trip.enter();
    trip.leave(step);
  }
}

/**
 * Sends an event that a step made by itself into the steps behind it; it counts as under way like one that was sent in. Resolves
 * when it has ended everywhere, or is kept by steps.
 */
export function begin(
  step: RunningStep,
  event: FlowEvent,
  parts: { readonly walk: Walk; readonly traffic: Traffic },
): Promise<void> {
  if (step.outlets.length === 0) return Promise.resolve();
  const trip = new Trip();
  trip.settle({ kind: "accepted" });
  event.lane ??= event.key === undefined ? step.name : undefined;
  sendInto(step.outlets, event, { trip, ...parts, step: step.name });
  return trip.isDone ? Promise.resolve() : new Promise((idle) => trip.whenIdle(idle));
}
