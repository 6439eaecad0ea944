import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { z } from "zod";
import { jsonSchemaOf } from "../../../../../lib/graph/json_schema.ts";
import { Components } from "../../../../../lib/serve/openapi/components.ts";

interface Tree {
  readonly kids: readonly Tree[];
}
const TREE: z.ZodType<Tree> = z.lazy(() => z.object({ kids: z.array(TREE) }));

function placed(schema: z.ZodType, components = new Components()) {
  return { schema: components.place(jsonSchemaOf(schema, "input")!, "Request"), schemas: components.schemas };
}

Deno.test("Components.place() leaves a schema that refers to nothing where it is", () => {
  const { schema, schemas } = placed(z.object({ $ref: z.literal("#"), enum: z.string().default("#") }));
  strictEqual(schema.type, "object");
  strictEqual("Request" in schemas, false);
});

Deno.test("Components.place() moves a schema that calls itself, whose references would else be the document's", () => {
  const { schema, schemas } = placed(TREE);
  deepStrictEqual(schema, { $ref: "#/components/schemas/Request" });
  deepStrictEqual(schemas.Request, {
    type: "object",
    properties: { kids: { type: "array", items: { $ref: "#/components/schemas/Request" } } },
    required: ["kids"],
  });
});

Deno.test("Components.place() moves the parts of a schema too, each by a name of its own", () => {
  const point = z.object({ x: z.number() });
  const { schema, schemas } = placed(z.object({
    tree: TREE,
    one: point.meta({ id: "a/b" }),
    other: point.extend({ y: z.number() }).meta({ id: "a b" }),
    fixed: z.literal("#"),
  }));
  const { properties } = schemas.Request as { properties: Record<string, { $ref?: string }> };
  deepStrictEqual(schema, { $ref: "#/components/schemas/Request" });
  const moved = ["tree", "one", "other"].map((name) => properties[name]!.$ref!);
  strictEqual(new Set(moved).size, 3);
  for (const reference of moved) {
    const name = reference.slice("#/components/schemas/".length);
    strictEqual(/^[\w.-]+$/.test(name) && name in schemas, true, reference);
  }
  deepStrictEqual(properties.fixed, { type: "string", const: "#" });
  strictEqual("$defs" in schemas.Request!, false);
});
