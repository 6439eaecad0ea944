import { jsonSchemaOf } from "../../graph/json_schema.ts";
import { json, operation, type Paths, ref, REFUSALS } from "./operation.ts";
import { INFER_REPLY, inferRequest } from "./tensors.ts";
import type { ServerView } from "../own/own_path.ts";
import type { Components } from "./components.ts";
import { replyContent } from "./reply_content.ts";

const NOTHING_KNOWN = { platform: "levada", inputs: [], outputs: [] };

/** The graph's own door: by its schemas where it has some. A graph takes any path; this is the one that says nothing. */
export function flowPaths({ flow }: ServerView, components: Components): Paths {
  const described = flow.describe();
  const { name, input, hasResponder, isRouter } = described;
  if (isRouter) {
    return {
      "/": {
        get: operation({
          id: "router_health",
          summary: "Whether the router is up",
          tag: "models",
          answers: { 200: ["It is", json(ref("ServerMetadata"))] },
          failures: REFUSALS,
        }),
        post: operation({
          id: "ask",
          summary: "Ask the model that the body names, else the first",
          tag: "models",
          body: inferRequest(NOTHING_KNOWN),
          answers: { 200: ["What it predicts", json(INFER_REPLY)] },
          failures: [...REFUSALS, 404, 405, 422],
          isOpen: true,
        }),
      },
    };
  }
  const taken = input === undefined ? undefined : jsonSchemaOf(input, "input");
  return {
    "/": {
      post: operation({
        id: "ask",
        summary: `Ask function "${name}"`,
        tag: "function",
        body: taken === undefined ? {} : components.place(taken, "Request"),
        isBodyOptional: taken === undefined,
        answers: hasResponder
          ? {
            200: ["The reply", replyContent(described, components)],
            204: ["The event ended before it reached a step that answers"],
          }
          : { 200: ["It was taken in", json(ACCEPTED)] },
        failures: [...REFUSALS, ...(input === undefined ? [] : [422])],
        isOpen: true,
      }),
    },
  };
}

const ACCEPTED = { type: "object", required: ["id"], properties: { id: { type: "string" } } };
