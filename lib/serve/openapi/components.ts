import type { JsonSchema } from "../../graph/json_schema.ts";
import { ref } from "./operation.ts";
import { SCHEMAS } from "./schemas.ts";

const DATA = ["const", "enum", "default", "examples"]; // what is in these is no schema

/** The schemas that a document's paths refer to. */
export class Components {
  readonly #schemas: Record<string, JsonSchema> = { ...SCHEMAS };

  /** All of them by name. */
  get schemas(): Readonly<Record<string, JsonSchema>> {
    return this.#schemas;
  }

  /**
   * A schema as it can stand in the document. One that refers to places within itself, which would be the document's own there, moves to
   * the components, and its references with it.
   */
  place(schema: JsonSchema, name: string): JsonSchema {
    if (!refersToItself(schema)) return schema;
    const { $defs = {}, ...root } = schema;
    const parts = new Map<string, string>([["#", name]]);
    for (const key of Object.keys($defs as object)) {
      const wish = `${name}_${key.replaceAll(/[^\w.-]/g, "_")}`;
      const taken = new Set(parts.values());
      let own = wish;
      for (let n = 2; taken.has(own); n++) own = `${wish}_${n}`;
      parts.set(pointerTo(key), own);
    }
    this.#schemas[name] = moved(root, parts) as JsonSchema;
    for (const [key, part] of Object.entries($defs as Record<string, JsonSchema>)) {
      this.#schemas[parts.get(pointerTo(key))!] = moved(part, parts) as JsonSchema;
    }
    return ref(name);
  }
}

/** How a schema refers to one of its parts (RFC 6901). */
export function pointerTo(part: string): string {
  return `#/$defs/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function refersToItself(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inner]) => isReference(key, inner) || refersToItself(inner));
}

function isReference(key: string, value: unknown): value is string {
  return key === "$ref" && typeof value === "string" && value.startsWith("#");
}

/** A schema with its references to where its parts went. */
function moved(value: unknown, parts: ReadonlyMap<string, string>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => moved(item, parts));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (isReference(key, inner)) return [key, ref(parts.get(inner) ?? inner).$ref];
      return [key, DATA.includes(key) ? inner : moved(inner, parts)];
    }),
  );
}
