import type { FlowEvent } from "../../graph/event.ts";
import { keyText } from "../../graph/key.ts";
import type { Code, StepScope } from "../../graph/operator.ts";
import { fieldOf, fieldsOf } from "./fields_of.ts";

/** How a step's options say what the key of an event is: a field of its body, or a function of it. */
export interface KeySource {
  readonly field: string | undefined;
  readonly fn: Code | undefined;
  /** What the key is for: "join the event with a table". */
  readonly act: string;
}

/** Makes what finds the key of an event. Where the options say nothing it is the event's own; undefined where that has none. */
export function keyReader(
  { field, fn, act }: KeySource,
  { read }: StepScope,
): (event: FlowEvent) => string | undefined {
  if (fn !== undefined) return (event) => keyText(fn(read(event)), act);
  if (field !== undefined) return (event) => keyText(fieldOf(fieldsOf(read(event), act), field), act);
  return (event) => event.key;
}

/** The options of a step whose `key` is a field or a function, as data and code. */
export function splitOption<Name extends string>(
  name: Name,
  value: unknown,
): { readonly data: { readonly [Key in Name]?: string }; readonly code: Readonly<Record<string, Code>> } {
  if (typeof value === "function") return { data: {}, code: { [name]: value } };
  return { data: (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string }, code: {} };
}
