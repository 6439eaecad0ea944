import { type JsonSchema, jsonSchemaOf, takesItsOwn } from "../../graph/json_schema.ts";
import type { FlowDescription } from "../../flow/flow_description.ts";
import { type Components, pointerTo } from "./components.ts";

const ANYTHING = { "*/*": {} };
/** One event of a stream. */
const EVENT: JsonSchema = {
  type: "object",
  required: ["data"],
  properties: {
    event: { type: "string", description: "error for the last one, where a step fails" },
    data: { type: "string", description: "Text as it is, everything else as JSON" },
  },
};

/**
 * What a flow's reply is, by content type: text is sent as text, everything else as JSON; what comes in chunks as text, as lines of JSON,
 * or as events where the caller asks for them.
 */
export function replyContent(
  { output, streams }: Pick<FlowDescription, "output" | "streams">,
  components: Components,
): Readonly<Record<string, JsonSchema>> {
  if (output === undefined || !takesItsOwn(output)) return ANYTHING;
  const schema = jsonSchemaOf(output, "output");
  const kinds = schema === undefined ? undefined : kindsOf(schema, schema, new Set());
  if (schema === undefined || kinds === undefined) return ANYTHING;
  const placed = components.place(schema, "Reply");
  const whole: Record<string, JsonSchema> = {
    ...(kinds.has("json") ? { "application/json": placed } : {}),
    ...(kinds.has("text") ? { "text/plain": placed } : {}),
  };
  if (streams === "never") return whole;
  const chunks: Record<string, JsonSchema> = {
    "application/x-ndjson": { ...placed, description: "Each line is one of these" },
    "text/event-stream": EVENT,
    ...(kinds.has("text") ? { "text/plain": { type: "string" } } : {}),
  };
  return streams === "always" ? chunks : { ...whole, ...chunks };
}

type Kinds = ReadonlySet<"json" | "text">;

/** Whether values of a schema are sent as text, as JSON, or now so, now so; undefined where the schema does not say. */
function kindsOf(schema: JsonSchema, root: JsonSchema, seen: Set<unknown>): Kinds | undefined {
  const { $ref, anyOf, oneOf, allOf, type, const: only, enum: some } = schema;
  if (typeof $ref === "string") {
    if (seen.has($ref)) return new Set();
    seen.add($ref);
    const parts = Object.entries((root.$defs ?? {}) as Record<string, JsonSchema>);
    const [, target] = $ref === "#" ? ["", root] : parts.find(([name]) => pointerTo(name) === $ref) ?? [];
    return target === undefined ? undefined : kindsOf(target, root, seen);
  }
  const choices = (anyOf ?? oneOf) as readonly JsonSchema[] | undefined;
  if (choices !== undefined) return union(choices.map((choice) => kindsOf(choice, root, seen)));
  if (type !== undefined) return new Set([type].flat().map((word) => word === "string" ? "text" : "json"));
  if (only !== undefined) return new Set([typeof only === "string" ? "text" : "json"]);
  if (Array.isArray(some)) return new Set(some.map((value) => typeof value === "string" ? "text" : "json"));
  if (!Array.isArray(allOf)) return undefined;
  return allOf.map((part) => kindsOf(part, root, seen)).find((kinds) => kinds !== undefined);
}

function union(all: readonly (Kinds | undefined)[]): Kinds | undefined {
  const kinds = all.filter((one) => one !== undefined);
  return kinds.length < all.length ? undefined : new Set(kinds.flatMap((one) => [...one]));
}
