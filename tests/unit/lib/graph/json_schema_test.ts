import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { z } from "zod";
import { readBy } from "../../../../lib/flow/read_by.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { jsonSchemaOf, takesItsOwn } from "../../../../lib/graph/json_schema.ts";

Deno.test("jsonSchemaOf() leaves out numbers that JSON has not, wherever they stand", () => {
  const cases: [z.ZodType, object][] = [
    [z.number().min(-Infinity).max(9), { type: "number", maximum: 9 }],
    [z.number().gt(-Infinity).lt(Infinity), { type: "number" }],
    [z.array(z.literal([1, Infinity])), { type: "array", items: { type: "number" } }],
    [z.number().default(Infinity), { type: "number" }],
    [z.null().default(null), { type: "null", default: null }],
    [z.number().default(5), { type: "number", default: 5 }],
  ];
  for (const [schema, expected] of cases) deepStrictEqual(jsonSchemaOf(schema, "output"), expected);
});

const tree = (): z.ZodType => z.object({ name: z.string(), kids: z.lazy(() => z.array(tree())).optional() });
const byGetter = (): z.ZodType =>
  z.object({
    name: z.string().refine((name) => name !== "?"),
    get kids() {
      return z.array(byGetter()).optional();
    },
  });
const choices = (): z.ZodType => z.union([z.object({ name: z.string() }).loose(), z.lazy(() => z.array(choices()))]);

Deno.test("jsonSchemaOf() says in words that a schema which a function makes of itself has no end, and leaves it as good as it was", async () => {
  for (const make of [tree, byGetter, choices]) {
    for (const io of ["input", "output"] as const) {
      const schema = make();
      const said = jsonSchemaOf(schema, io);
      deepStrictEqual(Object.keys(said!), ["description"]);
      deepStrictEqual((new Graph("g", { input: schema }).toJSON() as { input?: unknown }).input, said);
      strictEqual(takesItsOwn(schema), true);
      const body = { name: "a", kids: [{ name: "b", kids: [{ name: "c" }] }] };
      deepStrictEqual([(await readBy(schema, body)).success, (await readBy(schema, { name: 5 })).success], [
        true,
        false,
      ]);
    }
  }
});

Deno.test("jsonSchemaOf() follows schemas that lead to themselves, and long ways of lazy ones, to their end", () => {
  const list: z.ZodType = z.object({ next: z.lazy(() => list.optional()) });
  deepStrictEqual(jsonSchemaOf(list, "input"), { type: "object", properties: { next: { $ref: "#" } } });
  const deep = Array.from({ length: 15 }).reduce<z.ZodType>((inner) => z.lazy(() => z.array(inner)), z.string());
  let levels = 0;
  for (let at = jsonSchemaOf(deep, "input"); at?.type === "array"; at = at.items as typeof at) levels += 1;
  strictEqual(levels, 15);
});

Deno.test("takesItsOwn() finds what changes values wherever it stands", () => {
  const changing = [z.string().transform(Number), z.object({ n: z.preprocess(Number, z.number()).optional() })];
  deepStrictEqual(changing.map(takesItsOwn), [false, false]);
  const lazy = (): z.ZodType => z.object({ n: z.string().transform(Number), kids: z.lazy(() => z.array(lazy())) });
  deepStrictEqual([z.object({ n: z.number().default(1) }), lazy()].map(takesItsOwn), [true, false]);
});
