import { z } from "zod";
import { andThen } from "../graph/later.ts";
import { hearOwnCode } from "./own_code.ts";
import type { Schema } from "../graph/schema.ts";
import type { Maybe } from "../graph/typing.ts";

/** What a schema makes of a value. */
export type Parsed<Value> = ReturnType<Schema<Value>["safeParse"]>;

/**
 * Has a schema read a value, in one go: at once where nothing in it waits. A schema of zod with code of its author's own is asked as
 * one that may wait, since to ask whether it does is to run it.
 */
export function readBy<Value>(schema: Schema<Value>, value: unknown): Maybe<Parsed<Value>> {
  if (!isZod(schema)) return schema.safeParseAsync?.(value) ?? schema.safeParse(value);
  if (!hearOwnCode(schema)) return schema.safeParse(value);
  const context: z.core.ParseContextInternal = { async: true };
  return andThen(
    schema._zod.run({ value, issues: [] }, context),
    ({ value, issues }): Parsed<Value> =>
      issues.length === 0 ? { success: true, data: value as Value } : {
        success: false,
        error: { issues: issues.map((issue) => z.core.util.finalizeIssue(issue, context, z.core.config())) },
      },
  );
}

function isZod<Value>(schema: Schema<Value>): schema is Schema<Value> & z.core.$ZodType {
  return "_zod" in schema;
}

/** What is wrong with a value, in a line. */
export function issuesOf({ error }: Extract<Parsed<unknown>, { success: false }>): string {
  return error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; ");
}
