import type { FlowEvent, StepFailure } from "../graph/event.ts";
import type { RunningStep } from "./running_step.ts";

/** Finds the handler that takes a failure, and writes the failure on the event; undefined where none does. */
export function recover(step: RunningStep, event: FlowEvent, error: unknown): RunningStep | undefined {
  if (step.isHandler) return undefined;
  const handler = step.handlers.find(({ only }) => only === undefined || only.some((Class) => error instanceof Class))
    ?.step;
  if (handler !== undefined) event.error = failureOf(step.name, error);
  return handler;
}

function failureOf(step: string, error: unknown): StepFailure {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error), step, cause: error };
  const { name, message, stack } = error;
  return { name, message, step, ...(stack === undefined ? {} : { stack }), cause: error };
}
