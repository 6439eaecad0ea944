import { StatusError, StepError } from "../errors.ts";
import { takesItsOwn } from "../graph/json_schema.ts";
import type { Schema } from "../graph/schema.ts";
import type { FlowDescription } from "./flow_description.ts";
import { wireLists } from "../tensor/wire_lists.ts";
import { issuesOf, type Parsed } from "./read_by.ts";
import { readWireBy } from "./read_wire_by.ts";

/** Reads one reply, or one chunk of a streamed one; gives a promise where the schema waits for something. */
export type OutputCheck = (body: unknown) => unknown;

/**
 * Has the graph's schema read what the responder gives as the wire has it, so that callers get what they are told and nothing else; undefined where nobody
 * said, or where the schema transforms, which cannot read what it gave itself.
 */
export function outputCheck({ name, output }: Pick<FlowDescription, "name" | "output">): OutputCheck | undefined {
  if (output === undefined || !takesItsOwn(output)) return undefined;
  return (body) => read(output, body, name);
}

function read(output: Schema<unknown>, body: unknown, name: string): unknown {
  try {
    const parsed = readWireBy(output, body, wireLists(body));
    return parsed instanceof Promise ? parsed.then((parsed) => given(parsed, name), refuse) : given(parsed, name);
  } catch (error) {
    return refuse(error);
  }
}

function given(parsed: Parsed<unknown>, name: string): unknown {
  if (parsed.success) return parsed.data;
  throw new StepError(
    "output",
    new StatusError(500, `Cannot send the reply as output of graph "${name}": ${issuesOf(parsed)}`, {
      isTransient: false,
    }),
  );
}

function refuse(error: unknown): never {
  throw error instanceof StepError ? error : new StepError("output", error); // a check of the user's own
}
