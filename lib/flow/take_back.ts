import type { FlowEvent } from "../graph/event.ts";
import type { RunningStep } from "./running_step.ts";
import { type Trip, tripOf } from "./trip.ts";

/**
 * Takes events back from a step that held them, all or none, and gives their trips; without those that were given up meanwhile. One of
 * them may be the event that the step works on now, which it does not hold.
 *
 * @throws {Error} If the step does not hold one of them, or names one twice.
 */
export function takeBack(
  step: RunningStep,
  events: readonly FlowEvent[],
  isGone: (event: FlowEvent) => boolean,
  current?: FlowEvent,
): Trip[] {
  const held = events.filter((event) => event === current || step.holding.has(event) || !isGone(event));
  const wrong = held.find((event, index) =>
    (event !== current && !step.holding.has(event)) || held.indexOf(event) !== index
  );
  if (wrong !== undefined) {
    throw new Error(
      `Cannot release event ${wrong.id}: step "${step.name}" does not hold it, or has released it already`,
    );
  }
  return held.map((event) => {
    if (event === current) return tripOf(event);
    step.holding.delete(event);
    const trip = tripOf(event);
    trip.unhold(event, step);
    return trip;
  });
}
