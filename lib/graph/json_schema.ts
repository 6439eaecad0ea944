import { z } from "zod";
import type { Schema } from "./schema.ts";

/** JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * A schema as JSON Schema, as far as that can say it: what comes in (`input`), or what goes out (`output`). What JSON Schema has no word
 * for allows anything; undefined for a schema that is none of zod's. References are to places within it: `#`, `#/$defs/NAME`.
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
    const { $schema: _draft, ...rest } = z.toJSONSchema(schema, {
      io,
      unrepresentable: "any",
      override: onlyJson,
    }) as Record<
      string,
      unknown
    >;
    return rest;
  } catch {
    return undefined; // a schema that calls itself in a way that has no name, or of another zod
  }
}

/** What zod takes, and JSON has no number for, is left out: zod would write null, which no JSON Schema has there. */
export function onlyJson(
  { zodSchema, jsonSchema }: Parameters<NonNullable<z.core.ToJSONSchemaParams["override"]>>[0],
): void {
  const { defaultValue } = zodSchema._zod.def as { defaultValue?: unknown };
  if (isEndless(defaultValue)) delete jsonSchema.default;
  for (const [key, value] of Object.entries(jsonSchema)) {
    if (isEndless(value)) delete jsonSchema[key];
  }
  if (jsonSchema.enum?.some(isEndless) === true) delete jsonSchema.enum; // JSON has nothing by which to ask for it
}

function isEndless(value: unknown): boolean {
  return typeof value === "number" && !Number.isFinite(value);
}

const ONE_WAY = ["pipe", "transform", "success", "promise"]; // what these give is not what they take

/** Whether what a schema gives is what it takes, so that it can check values of its own type: there is no transform in it, and no pipe, which preprocesses, decodes, or reads twice. */
export function takesItsOwn(schema: Schema<unknown>): boolean {
  if (!(schema instanceof z.ZodType)) return true;
  let isOneWay = false;
  try {
    z.toJSONSchema(schema, {
      unrepresentable: "any",
      override: ({ zodSchema }) => {
        isOneWay ||= ONE_WAY.includes(zodSchema._zod.def.type);
      },
    });
  } catch {
    return false;
  }
  return !isOneWay;
}
