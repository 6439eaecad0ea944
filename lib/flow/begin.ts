import { StepError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { RunningStep } from "./running_step.ts";
import type { Traffic } from "./traffic.ts";
import { Trip } from "./trip.ts";
import type { Walk } from "./walk.ts";

/**
 * Sends an event that a step made by itself into the steps behind it; it counts as under way like one that was sent in. Resolves
 * when it has ended everywhere, or is kept by steps.
 */
export function begin(
  step: RunningStep,
  event: FlowEvent,
  { walk, traffic }: { readonly walk: Walk; readonly traffic: Traffic },
): Promise<void> {
  if (step.outlets.length === 0) return Promise.resolve();
  const trip = new Trip();
  trip.settle({ kind: "accepted" });
  event.lane ??= event.key === undefined ? step.name : undefined;
  traffic.enter(trip);
  try {
    walk.spread(step.outlets, event, trip);
  } catch (error) { // the body cannot be copied for several steps
    const failure = new StepError(step.name, error);
    trip.note(failure);
    traffic.onFailure(event, failure, false);
    trip.enter();
    trip.leave(step.name);
  }
  return trip.isDone ? Promise.resolve() : new Promise((idle) => trip.whenIdle(idle));
}
