import { FlowEvent } from "../../graph/event.ts";

/** A body with fields. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a body; with `fullEvent`, of the event's body. They belong to whoever sent it: a step makes an object of its own.
 *
 * @throws {TypeError} If the body is no object; `act` says what was to be done with it.
 */
export function fieldsOf(given: unknown, act: string): Fields {
  const body = given instanceof FlowEvent ? given.body : given;
  if (isPlain(body) || tagOf(body) === "Object") return body as Fields;
  throw new TypeError(`Cannot ${act}: the body is ${kindOf(body)}, not an object`); // a Map, a Date, bytes would be lost
}

/** What a value is, in a word. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined || (typeof value === "number" && !Number.isFinite(value))) {
    return String(value);
  }
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date && Number.isNaN(value.getTime())) return "an invalid Date";
  const tag = tagOf(value);
  return tag === "Object" ? "object" : `${/^[AEIO]/.test(tag) ? "an" : "a"} ${tag}`;
}

/** Nearly every body: told at once. */
function isPlain(body: unknown): boolean {
  return typeof body === "object" && body !== null && Object.getPrototypeOf(body) === Object.prototype;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** The value of a field of a body; undefined where the body itself has none of that name. */
export function fieldOf(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
