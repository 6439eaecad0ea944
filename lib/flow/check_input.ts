import { StatusError, StepError } from "../errors.ts";
import type { Plan } from "../graph/compile.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { Outcome } from "./outcome.ts";
import { issuesOf, type Parsed } from "./read_by.ts";
import { readWireBy } from "./read_wire_by.ts";

/** That an event may not come in. */
export type Refusal = Extract<Outcome, { kind: "failed" }>;

/** Has the graph's schema read the body of an event, tensors in the wire's form; what goes on are tensors where it changed nothing. Gives the failure where it does not fit, later where the schema waits for something. */
export function checkInput(
  event: FlowEvent,
  { input, name }: Plan,
): Refusal | undefined | Promise<Refusal | undefined> {
  if (input === undefined) return undefined;
  try {
    const parsed = readWireBy(input, event.body);
    return parsed instanceof Promise
      ? parsed.then((parsed) => taken(event, parsed, name), refused)
      : taken(event, parsed, name);
  } catch (error) { // a check of the user's own
    return refused(error);
  }
}

function taken(event: FlowEvent, parsed: Parsed<unknown>, name: string): Refusal | undefined {
  if (!parsed.success) {
    return refused(
      new StatusError(422, `Cannot take the request as input of graph "${name}": ${issuesOf(parsed)}`),
    );
  }
  event.body = parsed.data;
  return undefined;
}

function refused(error: unknown): Refusal {
  return { kind: "failed", error: new StepError("input", error) };
}
