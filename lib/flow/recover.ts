import { describeThrown, isA } from "../errors.ts";
import type { FlowEvent, StepFailure } from "../graph/event.ts";
import type { RunningStep } from "./running_step.ts";

/** Finds the handler that takes a failure, and writes the failure on the event; undefined where none does. */
export function recover(step: RunningStep, event: FlowEvent, error: unknown): RunningStep | undefined {
  if (step.isHandler) return undefined;
  const handler = step.handlers.find(({ only }) => only === undefined || only.some((Class) => isA(error, Class)))
    ?.step;
  if (handler !== undefined) event.error = failureOf(step.name, error);
  return handler;
}

function failureOf(step: string, error: unknown): StepFailure {
  return { ...describeThrown(error), step, cause: error };
}
