import { StatusError, StepError } from "../errors.ts";
import type { Plan } from "../graph/compile.ts";
import type { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import type { Schema } from "../graph/schema.ts";
import type { Maybe } from "../graph/typing.ts";
import { wireForm, withTensors } from "../tensor/wire_form.ts";
import type { Outcome } from "./outcome.ts";
import { issuesOf, type Parsed, readBy } from "./read_by.ts";

/** That an event may not come in. */
export type Refusal = Extract<Outcome, { kind: "failed" }>;

/** Has the graph's schema read the body of an event, tensors in the wire's form; what goes on are tensors where it changed nothing. Gives the failure where it does not fit, later where the schema waits for something. */
export function checkInput(
  event: FlowEvent,
  { input, name }: Plan,
): Refusal | undefined | Promise<Refusal | undefined> {
  if (input === undefined) return undefined;
  try {
    const parsed = readTensorsBy(input, event.body);
    return parsed instanceof Promise
      ? parsed.then((parsed) => taken(event, parsed, name), refused)
      : taken(event, parsed, name);
  } catch (error) { // a check of the user's own
    return refused(error);
  }
}

/** A schema of `Tensor` itself reads the body as it is. */
function readTensorsBy(input: Schema<unknown>, body: unknown): Maybe<Parsed<unknown>> {
  const wire = wireForm(body);
  const read = readBy(input, wire);
  if (wire === body) return read;
  return andThen(read, (parsed) => {
    if (parsed.success) return { success: true as const, data: withTensors(parsed.data, body) };
    return andThen(readBy(input, body), (own) => own.success ? own : parsed);
  });
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
