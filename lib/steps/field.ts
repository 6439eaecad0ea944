/** An object with fields, as a step wants it. */
export type Fields = Record<string, unknown>;

/**
 * The body as an object with fields.
 *
 * @throws {TypeError} If it is none.
 */
export function fieldsOf(body: unknown, act: string): Fields {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Fields;
  const kind = body === null ? "null" : Array.isArray(body) ? "a list" : typeof body;
  throw new TypeError(`Cannot ${act}: the body is ${kind}, not an object`);
}

/** A field of the body; undefined where it has none of that name. */
export function fieldOf(body: unknown, field: string, act: string): unknown {
  const fields = fieldsOf(body, act);
  return Object.hasOwn(fields, field) ? fields[field] : undefined;
}
