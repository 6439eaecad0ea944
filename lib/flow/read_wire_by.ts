import { andThen } from "../graph/later.ts";
import type { Schema } from "../graph/schema.ts";
import type { Maybe } from "../graph/typing.ts";
import { wireForm, withTensors } from "../tensor/wire_form.ts";
import { type Parsed, readBy } from "./read_by.ts";

/** Has a schema read a body as the wire has it: tensors as objects, and back where it changed nothing. A schema of `Tensor` itself reads the body as it is. */
export function readWireBy(schema: Schema<unknown>, body: unknown, lists = body): Maybe<Parsed<unknown>> {
  const wire = wireForm(lists);
  const read = readBy(schema, wire);
  if (wire === body) return read;
  return andThen(read, (parsed) => {
    if (parsed.success) return { success: true as const, data: withTensors(parsed.data, lists) };
    return andThen(readBy(schema, body), (own) => own.success ? own : parsed);
  });
}
