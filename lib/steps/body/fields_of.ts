import { FlowEvent } from "../../graph/event.ts";
import { kindOf } from "../../kind_of.ts";

/** A body with fields. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a body; with `fullEvent`, of the event's body. They belong to whoever sent it: a step makes an object of its own.
 *
 * @throws {TypeError} If the body is no object; `act` says what was to be done with it.
 */
export function fieldsOf(given: unknown, act: string): Fields {
  const body = bodyOf(given);
  if (isPlain(body) || kindOf(body) === "object") return body as Fields;
  throw new TypeError(`Cannot ${act}: the body is ${kindOf(body)}, not an object`); // a Map, a Date, bytes would be lost
}

/** The body that a step is given; with `fullEvent`, the event's. */
export function bodyOf(given: unknown): unknown {
  return given instanceof FlowEvent ? given.body : given;
}

/** Nearly every body: told at once. */
function isPlain(body: unknown): boolean {
  return typeof body === "object" && body !== null && Object.getPrototypeOf(body) === Object.prototype;
}

/** The value of a field of a body; undefined where the body itself has none of that name. */
export function fieldOf(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
