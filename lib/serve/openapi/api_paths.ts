import { type JsonSchema, jsonSchemaOf } from "../../graph/json_schema.ts";
import type { ApiEndpoint, ApiField, ApiOptions } from "../api/api_options.ts";
import { json, operation, type PathItem, type Paths, REFUSALS } from "./operation.ts";
import type { ServerView } from "../own/own_path.ts";
import type { Components } from "./components.ts";
import { replyContent } from "./reply_content.ts";

const FAILURES = [...REFUSALS, 403, 404, 405, 422];
const WITHOUT_BODY = ["GET", "DELETE", "OPTIONS"];
const REST = "rest"; // what stands for the segments that `*` takes

/** The paths that a function says it answers (`setApi`): all others are 404. */
export function apiPaths({ flow }: ServerView, { endpoints }: ApiOptions, components: Components): Paths {
  const described = flow.describe();
  const { input } = described;
  const taken = components.place(input === undefined ? {} : jsonSchemaOf(input, "input") ?? {}, "Request");
  const given = replyContent(described, components);
  const paths: Record<string, Record<string, PathItem["get"]>> = {};
  for (const [index, endpoint] of endpoints.entries()) {
    if (endpoint.action === "forbid") continue;
    const { method = "POST", description, input: fields = {} } = endpoint;
    const path = endpoint.path.replace(/\*$/, `{${REST}}`);
    const hasBody = !WITHOUT_BODY.includes(method);
    (paths[path] ??= {})[method.toLowerCase()] = operation({
      id: `api_${index + 1}`,
      summary: description ?? `${method} ${endpoint.path}`,
      tag: "function",
      parameters: [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!),
      ...(hasBody ? { body: bodyOf(fields, taken) } : {}),
      answers: {
        200: [
          "The reply",
          endpoint.output === undefined ? given : json(replyOf(endpoint)),
        ],
        204: ["The event ended before it reached a step that answers"],
      },
      failures: FAILURES,
      isOpen: true,
    });
  }
  return paths;
}

/** What the body must have: fields that are mandatory, where their place is a chain of names. */
function bodyOf(fields: Readonly<Record<string, ApiField>>, taken: JsonSchema): JsonSchema {
  const needed = Object.values(fields).flatMap((field) =>
    typeof field !== "string" && field.mandatory === true && /^\$(\.[A-Za-z_]\w*)+$/.test(field.path)
      ? [neededAt(field.path.split(".").slice(1))]
      : []
  );
  return needed.length === 0 ? taken : { allOf: [taken, ...needed] };
}

function neededAt([name, ...below]: readonly string[]): JsonSchema {
  if (name === undefined) return {};
  return { type: "object", required: [name], properties: { [name]: neededAt(below) } };
}

/** A reply of which the caller gets a part by name; one that is no object stays as it is. */
function replyOf({ output = {} }: ApiEndpoint): JsonSchema {
  return {
    if: { type: "object" },
    then: {
      required: Object.keys(output),
      properties: Object.fromEntries(Object.keys(output).map((name) => [name, {}])),
    },
  };
}
