import { z } from "zod";
import type { Schema } from "./schema.ts";
import { MOST_NODES, partsOf } from "./schema_parts.ts";

/** JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const UNSAYABLE: JsonSchema = Object.freeze({
  description: "Has no end, or is of a kind that JSON Schema cannot say: anything here, and checked all the same",
});

/**
 * A schema as JSON Schema, as far as that can say it: what comes in (`input`), or what goes out (`output`). What JSON Schema has no word
 * for allows anything, so does a schema that a function makes of itself; undefined for a schema that is none of zod's. References are to
 * places within it: `#`, `#/$defs/NAME`.
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
  if (isEndless(schema)) return UNSAYABLE;
  try {
    const { $schema: _draft, ...rest } = z.toJSONSchema(schema, {
      io,
      unrepresentable: "any",
      override: onlyJson,
    }) as Record<string, unknown>;
    return rest;
  } catch {
    return UNSAYABLE; // two parts of one id, or of another zod
  }
}

const MOST_LAZIES = 20; // what has an end is hardly so far from its root

/**
 * Whether a schema makes itself anew each time that somebody looks into it: `tree = () => z.object({ kids: z.lazy(() => z.array(tree())) })`. To
 * write it as JSON Schema would overflow the stack, and leave so much of it behind that it is of no use for reading either.
 */
export function isEndless(schema: z.ZodType): boolean {
  return partsOf(schema, MOST_LAZIES).closed.length > 0;
}

/** What zod takes, and JSON has no number for, is left out: zod would write null, which no JSON Schema has there. */
function onlyJson(
  { zodSchema, jsonSchema }: Parameters<NonNullable<z.core.ToJSONSchemaParams["override"]>>[0],
): void {
  const { defaultValue } = zodSchema._zod.def as { defaultValue?: unknown };
  if (isInfinite(defaultValue)) delete jsonSchema.default;
  for (const [key, value] of Object.entries(jsonSchema)) {
    if (isInfinite(value)) delete jsonSchema[key];
  }
  if (jsonSchema.enum?.some(isInfinite) === true) delete jsonSchema.enum; // JSON has nothing by which to ask for it
}

function isInfinite(value: unknown): boolean {
  return typeof value === "number" && !Number.isFinite(value);
}

const ONE_WAY = ["pipe", "transform", "success", "promise"]; // what these give is not what they take

/** Whether what a schema gives is what it takes, so that it can check values of its own type: there is no transform in it, and no pipe, which preprocesses, decodes, or reads twice. */
export function takesItsOwn(schema: Schema<unknown>): boolean {
  if (!(schema instanceof z.ZodType)) return true;
  const { nodes } = partsOf(schema, MOST_LAZIES);
  return nodes.size < MOST_NODES && ![...nodes].some(({ _zod: { def } }) => ONE_WAY.includes(def.type as string));
}
