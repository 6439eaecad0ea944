import type { FlowEvent } from "../graph/event.ts";
import type { RunningStep } from "./running_step.ts";

/**
 * Counts that an event enters a step of a cycle.
 *
 * @throws {RangeError} If it has been there too often.
 */
export function countVisit(step: RunningStep, event: FlowEvent): void {
  const visits = event.visits ??= new Map();
  const count = (visits.get(step.name) ?? 0) + 1;
  visits.set(step.name, count);
  if (count > step.maxIterations!) {
    throw new RangeError(
      `Cannot enter step "${step.name}" again: the event has been in it ${step.maxIterations} times, which is the limit (maxIterations)`,
    );
  }
}
