import { FlowEvent } from "../graph/event.ts";

/** A body with fields. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a body; with `fullEvent`, of the event's body. They belong to whoever sent it: a step makes an object of its own.
 *
 * @throws {TypeError} If the body is no object; `act` says what was to be done with it.
 */
export function fieldsOf(given: unknown, act: string): Fields {
  const body = given instanceof FlowEvent ? given.body : given;
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new TypeError(`Cannot ${act}: it is ${kindOf(body)}, not an object`);
  }
  return body as Fields;
}

/** What a value is, in a word. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined || (typeof value === "number" && !Number.isFinite(value))) {
    return String(value);
  }
  return Array.isArray(value) ? "a list" : typeof value;
}

/** The value of a field of a body; undefined where the body itself has none of that name. */
export function fieldOf(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
