import { StatusError, StepError } from "../errors.ts";
import { takesItsOwn } from "../graph/json_schema.ts";
import type { Schema } from "../graph/schema.ts";
import type { FlowDescription } from "./flow_description.ts";

/** Reads one reply, or one chunk of a streamed one. */
export type OutputCheck = (body: unknown) => unknown;

/**
 * Has the graph's schema read what the responder gives, so that callers get what they are told and nothing else; undefined where nobody
 * said, or where the schema transforms, which cannot read what it gave itself.
 */
export function outputCheck({ name, output }: Pick<FlowDescription, "name" | "output">): OutputCheck | undefined {
  if (output === undefined || !takesItsOwn(output)) return undefined;
  return (body) => read(output, body, name);
}

function read(output: Schema<unknown>, body: unknown, name: string): unknown {
  let parsed: ReturnType<typeof output.safeParse>;
  try {
    parsed = output.safeParse(body);
  } catch (error) { // a check of the user's own
    throw new StepError("output", error);
  }
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; ");
  const cause = new StatusError(500, `Cannot send the reply as output of graph "${name}": ${fields}`, {
    isTransient: false,
  });
  throw new StepError("output", cause);
}
