import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import { Chosen, type StepDefinition, type StepScope } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import { kindOf } from "../kind_of.ts";
import { fieldOf, type Fields, fieldsOf } from "./body/fields_of.ts";

/** What happens where the field names no step. */
export interface ChoiceByFieldOptions {
  /** The step that gets the event then: the field is missing, null or an empty list. Default: none, so the event fails. */
  default?: string;
}

const OPTIONS = z.strictObject({ field: z.string().min(1), default: z.string().min(1).optional() });

/** What `choiceByField` does with events. */
export const CHOICE_BY_FIELD: StepDefinition = {
  kind: "choiceByField",
  shape: "diamond",
  options: OPTIONS,
  code: {},
  open(spec, scope) {
    const options = OPTIONS.parse(spec.options);
    return { process: (event) => new Chosen(event, namesIn(event, scope, options)) };
  },
};

function namesIn(event: FlowEvent, { read }: StepScope, options: z.infer<typeof OPTIONS>): string[] {
  const act = `choose the next step by field "${options.field}"`;
  const body = fieldsOf(read(event), `${act} of the body`);
  const value = fieldOf(body, options.field);
  const names = typeof value === "string" ? [value] : value ?? [];
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
    const kind = Array.isArray(names) ? "a list with other things than names" : kindOf(value);
    throw new TypeError(`Cannot ${act}: it is ${kind}, not a name or a list of names`);
  }
  if (names.length > 0) return [...new Set<string>(names)];
  if (options.default !== undefined) return [options.default];
  throw new TypeError(`Cannot ${act}: ${whyNone(body, options.field)}, and the step has no default`);
}

const NAMED = 10; // of the fields that there are: enough to see a misspelt one

function whyNone(body: Fields, field: string): string {
  if (!Object.hasOwn(body, field) || body[field] === undefined) {
    const there = Object.keys(body).slice(0, NAMED).map((name) => `"${name}"`).join(", ");
    return `the body has no such field, only ${there || "none at all"}`;
  }
  return body[field] === null ? "it is null" : "it is an empty list";
}

/** The fields of a body that may name a step. */
export type NamingField<Body> = {
  [Field in keyof Body & string]: Body[Field] extends string | readonly string[] | null | undefined ? Field : never;
}[keyof Body & string];

/**
 * Chooses the next step, or several, by a field of the body that holds a name or a list of names. A name that no step behind has is
 * the event's failure.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { choiceByField, serving } from "levada";
 *
 * interface Order { kind: "book" | "toy"; price: number }
 *
 * const fn = serving("taxes");
 * const graph = fn.setTopology("flow");
 * const kind = graph.to("kind", choiceByField<Order>("kind"));
 * const book = kind.to("book", (order) => order.price * 1.07);
 * const toy = kind.to("toy", (order) => order.price * 1.19);
 * graph.after(book, toy).to("round", (price) => Math.round(price)).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual([await server.test("/", { kind: "book", price: 100 }), await server.test("/", { kind: "toy", price: 100 })], [107, 119]);
 * ```
 *
 * @param field A field of the body (or of its part at `inputPath`); the body goes on as it is.
 */
export function choiceByField<In extends object>(
  field: NoInfer<NamingField<In>>,
  options: ChoiceByFieldOptions = {},
): ReadyStep<In, In> {
  return new ReadyStep(CHOICE_BY_FIELD, { ...options, field });
}
