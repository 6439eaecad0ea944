import { StepError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { Refusal } from "./check_input.ts";
import type { FlowParts } from "./flow_parts.ts";
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

/** How an event is sent in from outside. */
export interface Sending {
  readonly trip: Trip;
  /** Settles when its schema has read it; undefined where it has. */
  readonly check: Promise<Refusal | undefined> | undefined;
  /** Whether its sender waits for no reply. Default: where no step gives one. */
  readonly isAccepted?: boolean;
}

/** Sends an event into the first steps, when it is read; resolves then, with the refusal where it does not fit. */
export function sendRead(
  steps: readonly RunningStep[],
  event: FlowEvent,
  { plan, walk, traffic, readings }: FlowParts,
  { trip, check, isAccepted = !plan.hasResponder }: Sending,
): Promise<Refusal | undefined> | undefined {
  const send = () => {
    if (isAccepted) trip.settle({ kind: "accepted" });
    sendInto(steps, event, { trip, walk, traffic, step: steps[0]!.name });
  };
  return check === undefined ? void send() : readings.hold({ event, trip, check }, send);
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
