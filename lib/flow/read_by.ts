import { isA } from "../errors.ts";
import { hasAsync } from "../graph/json_schema.ts";
import type { Schema } from "../graph/schema.ts";

/** What a schema makes of a value. */
export type Parsed<Value> = ReturnType<Schema<Value>["safeParse"]>;

/** Whether a schema that was asked before has checks that wait for something. */
const WAITS = new WeakMap<Schema<unknown>, boolean>();

/** Has a schema read a value: at once, but for a schema that has to wait, as its functions show or as it has once said. */
export function readBy<Value>(schema: Schema<Value>, value: unknown): Parsed<Value> | Promise<Parsed<Value>> {
  let waits = WAITS.get(schema);
  if (waits === undefined) WAITS.set(schema, waits = schema.safeParseAsync !== undefined && hasAsync(schema));
  if (!waits) {
    try {
      return schema.safeParse(value);
    } catch (error) {
      if (schema.safeParseAsync === undefined || !hasToWait(error)) throw error;
      WAITS.set(schema, true);
    }
  }
  return schema.safeParseAsync!(value);
}

/** Whether zod says so, of whatever version and copy: it names the cure. */
function hasToWait(error: unknown): boolean {
  return isA(error, Error) && /\bparseAsync\b/.test(error.message);
}

/** What is wrong with a value, in a line. */
export function issuesOf({ error }: Extract<Parsed<unknown>, { success: false }>): string {
  return error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; ");
}
