import { deepStrictEqual } from "node:assert/strict";
import { z } from "zod";
import { Components } from "../../../../../lib/serve/openapi/components.ts";
import { replyContent } from "../../../../../lib/serve/openapi/reply_content.ts";

interface List {
  readonly head: number;
  readonly rest: List | null;
}
const LIST: z.ZodType<List> = z.lazy(() => z.object({ head: z.number(), rest: LIST.nullable() }));
type Words = string | readonly Words[];
const WORDS: z.ZodType<Words> = z.lazy(() => z.union([z.string(), z.array(WORDS)]));

function typesOf(output: z.ZodType | undefined, streams: "always" | "maybe" | "never" = "never"): string[] {
  return Object.keys(replyContent({ output, streams }, new Components())).sort();
}

Deno.test("replyContent() says that text is sent as text and everything else as JSON, by every kind of schema", () => {
  const text = [
    z.string(),
    z.enum(["a", "b"]),
    z.literal("a"),
    z.templateLiteral(["a", z.number()]),
    z.union([z.email(), z.literal(["a", "b"])]),
    z.intersection(z.string(), z.literal("a")),
  ];
  for (const schema of text) deepStrictEqual(typesOf(schema), ["text/plain"]);
  const json = [
    z.number(),
    z.object({}),
    z.null(),
    z.array(z.string()),
    z.literal([1, true]),
    z.tuple([z.string()]),
    LIST,
  ];
  for (const schema of json) deepStrictEqual(typesOf(schema), ["application/json"]);
  for (const schema of [z.string().nullable(), z.literal(["a", 1]), z.json(), WORDS, z.object({}).or(z.string())]) {
    deepStrictEqual(typesOf(schema), ["application/json", "text/plain"]);
  }
  const unknown = [
    undefined,
    z.any(),
    z.instanceof(Uint8Array),
    z.string().or(z.unknown()),
    z.string().transform(Number),
  ];
  for (const schema of unknown) deepStrictEqual(typesOf(schema), ["*/*"]);
});

Deno.test("replyContent() of what comes in chunks is lines of JSON, events, and text where chunks may be text", () => {
  deepStrictEqual(typesOf(z.object({}), "always"), ["application/x-ndjson", "text/event-stream"]);
  deepStrictEqual(typesOf(z.string(), "always"), ["application/x-ndjson", "text/event-stream", "text/plain"]);
  deepStrictEqual(typesOf(z.object({}), "maybe"), ["application/json", "application/x-ndjson", "text/event-stream"]);
  deepStrictEqual(typesOf(undefined, "always"), ["*/*"]);
});
