/** Text that a model goes on with, as the open inference protocol's generate extension has it. */

import type { JsonSchema } from "../../graph/json_schema.ts";
import type { Answer } from "./operation.ts";

const GENERATE_REQUEST: JsonSchema = {
  type: "object",
  title: "Text",
  required: ["text_input"],
  properties: {
    id: { type: "string", description: "Names the request in the reply" },
    text_input: { type: "string", description: "What to go on with" },
    parameters: { type: "object", description: "What else the model is told" },
  },
};

const GENERATE_REPLY: JsonSchema = {
  type: "object",
  required: ["model_name", "id", "text_output"],
  properties: {
    model_name: { type: "string" },
    model_version: { type: "string" },
    id: { type: "string" },
    text_output: { type: "string" },
  },
};

/** One event of the stream. */
const EVENT: JsonSchema = {
  type: "object",
  required: ["data"],
  properties: {
    event: { type: "string", description: "error for the last one where generating fails" },
    data: { type: "string", contentMediaType: "application/json" },
  },
};

/** How a text model is asked, and what it answers, by operation; undefined where this is no operation of text, or the model is none. */
export function textOperation(
  word: string,
  operations: readonly string[],
): { summary: string; body: JsonSchema; answer: Answer } | undefined {
  if (!operations.includes("generate") || !operations.includes("generate_stream")) return undefined;
  if (word === "generate") {
    return {
      summary: "Go on with a text",
      body: GENERATE_REQUEST,
      answer: ["The text", { "application/json": GENERATE_REPLY }],
    };
  }
  if (word !== "generate_stream") return undefined;
  return {
    summary: "Go on with a text, piece after piece",
    body: GENERATE_REQUEST,
    answer: ["Server-sent events, each of which holds a piece as generate answers the whole", {
      "text/event-stream": EVENT,
    }],
  };
}
