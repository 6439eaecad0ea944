import { deepStrictEqual } from "node:assert/strict";
import { z } from "zod";
import { jsonSchemaOf } from "../../../../lib/graph/json_schema.ts";

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
