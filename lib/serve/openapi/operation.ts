import type { JsonSchema } from "../../graph/json_schema.ts";

/** What can be done at one path, by method. */
export type PathItem = Readonly<Partial<Record<"get" | "post" | "put" | "patch" | "delete" | "options", Operation>>>;

/** Paths, and what can be done there. */
export type Paths = Readonly<Record<string, PathItem>>;

/** One thing that can be asked, as OpenAPI has it. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

/** An answer: what it says, and by content type what it holds; without content it has no body. */
export type Answer = readonly [description: string, content?: Readonly<Record<string, JsonSchema>>];

/** What is told of one operation. */
export interface OperationSpec {
  readonly id: string;
  readonly summary: string;
  readonly tag: string;
  /** The parts of the path that have names. Default: none. */
  readonly parameters?: readonly string[];
  /** What is sent as JSON; undefined: no body. */
  readonly body?: JsonSchema;
  /** Whether it may be left out. Default false. */
  readonly isBodyOptional?: boolean;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** The failures that it may have, by status. */
  readonly failures?: readonly number[];
  /** Whether code of the user's may answer with any other status too. Default false. */
  readonly isOpen?: boolean;
}

/** What the server refuses before anybody else sees the request: too large, too slow, too many, too late. */
export const REFUSALS = [400, 408, 413, 414, 431, 500, 503, 504];

const FAILURES: Readonly<Record<number, string>> = {
  400: "The request is not what is taken here",
  403: "It is not to be asked",
  404: "There is no such path, or no such model",
  405: "Asked with a wrong method",
  408: "The body has not come in time, or the model is not ready yet",
  413: "The body is too large",
  414: "The path is too long",
  415: "The body is of a type that is not taken",
  422: "The body is not what the graph takes",
  431: "The headers are too large",
  500: "Something failed",
  501: "The body is packed in a way that is not known",
  503: "Too much is being worked on, or not everything is ready: ask again",
  504: "There is no answer in time",
};

/** JSON of a schema, as an answer's content. */
export function json(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return { "application/json": schema };
}

/** A schema of the components. */
export function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** Writes an operation. */
export function operation(spec: OperationSpec): Operation {
  const { id, summary, tag, body, isBodyOptional = false, answers, failures = [], isOpen = false, parameters = [] } =
    spec;
  const error = (description: string) => response([description, json(ref("Error"))]);
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(parameters.length === 0 ? {} : {
      parameters: parameters.map((name) => ({
        name,
        in: "path",
        required: true,
        schema: { type: "string", minLength: 1 },
      })),
    }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: !isBodyOptional, content: { "application/json": { schema: body } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
      ...Object.fromEntries(
        failures.filter((status) => answers[status] === undefined).map((status) => [
          String(status),
          error(FAILURES[status] ?? "It cannot be answered"),
        ]),
      ),
      ...(isOpen ? { default: error("What a step or a model says") } : {}),
    },
  };
}

function response([description, content]: Answer): object {
  if (content === undefined) return { description };
  return {
    description,
    content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }])),
  };
}
