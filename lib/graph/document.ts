import { z } from "zod";
import { notJson } from "./json.ts";
import type { GraphSource } from "./source.ts";
import { FLOW_LIMITS } from "./limits.ts";
import type { Catch, ErrorClass, StepNode } from "./node.ts";
import { Refs } from "./refs.ts";
import { jsonSchemaOf } from "./json_schema.ts";
import { documentData, type SecretSigns } from "./secret_data.ts";
import { STEP_OPTIONS } from "./step_options.ts";

const REF = z.string().min(1);
const DATA = z.record(z.string(), z.json());
const CODE = z.record(z.string(), REF);
const ON_ERROR = z.strictObject({ handler: z.string(), only: z.array(REF).optional() });
const CALLABLE = { args: DATA.optional(), argsCode: CODE.optional() };

const ROUTE = z.strictObject({ key: z.string(), ref: REF, ...CALLABLE, function: z.string().optional() });

const STEP = z.strictObject({
  name: z.string(),
  kind: z.string(),
  /** The kind's own options. */
  own: DATA.optional(),
  /** The functions and classes of the step: option to ref. */
  code: CODE.optional(),
  ...CALLABLE,
  /** The options that all steps have. */
  options: STEP_OPTIONS.optional(),
  after: z.array(z.string()).optional(),
  before: z.array(z.string()).optional(),
  takesOver: z.boolean().optional(),
  routes: z.array(ROUTE).optional(),
  onError: z.array(ON_ERROR).optional(),
  responder: z.boolean().optional(),
  /** The earlier steps that its results go back to. */
  cycles: z.array(z.string()).optional(),
});

/** The form of a graph's document. */
export const GRAPH_DOCUMENT = z.strictObject({
  levada: z.literal("graph/1"),
  name: z.string(),
  /** JSON Schema of what the graph takes, as far as that can say it. */
  input: z.record(z.string(), z.json()).optional(),
  limits: FLOW_LIMITS.optional(),
  steps: z.array(STEP),
  onError: z.array(ON_ERROR).optional(),
});

/** A graph as data; code is referred to by name. */
export type GraphDocument = z.infer<typeof GRAPH_DOCUMENT>;

/** One step of a document. */
export type StepDocument = z.infer<typeof STEP>;

/**
 * Writes a graph as data. What is known to be a secret stands in it as its name alone (`Secret`, `${NAME}`), or as `***`.
 *
 * @throws {TypeError} If an option is not JSON; the message names the step and the option.
 */
export function toDocument(source: GraphSource): GraphDocument {
  const refs = new Refs();
  const steps = source.nodes.map((node) => stepDocument(node, refs));
  if (source.input !== undefined && !(source.input instanceof z.ZodType)) {
    throw new TypeError(`Cannot write graph "${source.name}" as JSON: its input schema is no zod schema`);
  }
  return withoutEmpty({
    levada: "graph/1",
    name: source.name,
    input: source.input && jsonSchemaOf(source.input, "input") as GraphDocument["input"],
    limits: source.limits,
    steps,
    onError: source.catches.map((entry) => catchDocument(entry, refs)),
  });
}

/** The code that a graph's document refers to, by ref. */
export function codeOf(source: GraphSource): ReadonlyMap<string, NonNullable<ReturnType<Refs["code"]["get"]>>> {
  const refs = new Refs();
  for (const node of source.nodes) stepDocument(node, refs);
  for (const entry of source.catches) catchDocument(entry, refs);
  return refs.code;
}

function stepDocument(node: StepNode, refs: Refs): StepDocument {
  const { name, definition, options, after, before, takesOver, responder } = node;
  return withoutEmpty({
    name,
    kind: definition.kind,
    own: jsonOf(name, node.own, { byName: definition.connects === true }),
    code: mapValues(node.code, (code, option) => refs.add(code, `#step/${name}/${option}`)),
    ...argsDocument(name, node.args, refs),
    options: options as StepDocument["options"],
    after: [...after],
    before: [...before],
    takesOver,
    routes: [...node.routes.values()].map(({ key, model, args, function: fn }) =>
      withoutEmpty({
        key,
        ref: refs.add(model, `#step/${name}/route/${key}`),
        ...argsDocument(`${name}/${key}`, args, refs),
        function: fn,
      })
    ),
    onError: node.catches.map((entry) => catchDocument(entry, refs)),
    responder,
    cycles: [...node.cycles],
  });
}

function catchDocument({ handler, only }: Catch, refs: Refs): z.infer<typeof ON_ERROR> {
  return withoutEmpty({ handler, only: only?.map((error: ErrorClass) => refs.add(error, `#error/${handler}`)) ?? [] });
}

function argsDocument(name: string, args: Readonly<Record<string, unknown>>, refs: Refs) {
  const entries = Object.entries(args);
  return {
    args: jsonOf(name, Object.fromEntries(entries.filter(([, value]) => typeof value !== "function"))),
    argsCode: Object.fromEntries(
      entries.flatMap(([key, value]) =>
        typeof value === "function" ? [[key, refs.add(value, `#step/${name}/args/${key}`)]] : []
      ),
    ),
  };
}

function jsonOf(
  step: string,
  data: Readonly<Record<string, unknown>>,
  signs?: SecretSigns,
): z.infer<typeof DATA> {
  for (const [key, value] of Object.entries(data)) {
    const place = notJson(value, key);
    if (place === undefined) continue;
    throw new TypeError(
      `Cannot write step "${step}" as JSON: option ${place} is not JSON. Pass data, and build what needs code in load() or open()`,
    );
  }
  return documentData(data, signs) as z.infer<typeof DATA>;
}

function mapValues<Value, Other>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value, key: string) => Other,
): Record<string, Other> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

/** Leaves out what says nothing: undefined, false, empty lists and empty objects. */
function withoutEmpty<Whole extends object>(whole: Whole): Whole {
  const kept = Object.entries(whole).filter(([key, value]) =>
    key === "steps" ||
    !(value === undefined || value === false || (typeof value === "object" && Object.keys(value).length === 0))
  );
  return Object.fromEntries(kept) as Whole;
}
