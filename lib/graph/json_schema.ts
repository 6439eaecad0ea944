import { z } from "zod";
import type { Schema } from "./schema.ts";

/** JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * A schema as JSON Schema, as far as that can say it: what comes in (`input`), or what goes out (`output`). What JSON Schema has no word
 * for allows anything; undefined for a schema that is none of zod's.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { z } from "zod";
 * import { jsonSchemaOf } from "./json_schema.ts";
 *
 * deepStrictEqual(jsonSchemaOf(z.string().min(1), "input"), { type: "string", minLength: 1 });
 * ```
 */
export function jsonSchemaOf(schema: Schema<unknown>, io: "input" | "output"): JsonSchema | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  try {
    const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Record<
      string,
      unknown
    >;
    return rest;
  } catch {
    return undefined; // a schema that calls itself in a way that has no name, or of another zod
  }
}
