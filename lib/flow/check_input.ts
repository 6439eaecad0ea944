import { StatusError, StepError } from "../errors.ts";
import type { Plan } from "../graph/compile.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { Outcome } from "./outcome.ts";

/** Has the graph's schema read the body of an event; gives the failure where it does not fit. */
export function checkInput(
  event: FlowEvent,
  { input, name }: Plan,
): Extract<Outcome, { kind: "failed" }> | undefined {
  if (input === undefined) return undefined;
  let parsed: ReturnType<typeof input.safeParse>;
  try {
    parsed = input.safeParse(event.body);
  } catch (error) { // a check of the user's own
    return { kind: "failed", error: new StepError("input", error) };
  }
  if (parsed.success) {
    event.body = parsed.data;
    return undefined;
  }
  const fields = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; ");
  const cause = new StatusError(422, `Cannot take the request as input of graph "${name}": ${fields}`);
  return { kind: "failed", error: new StepError("input", cause) };
}
