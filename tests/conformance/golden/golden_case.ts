/** What a case file holds, as far as the runner reads it. */

import { z } from "zod";

const Json = z.record(z.string(), z.unknown());

const BUILD_CALL = z.object({
  on: z.string(),
  call: z.string().optional(),
  args: z.array(z.unknown()).optional(),
  with: Json.optional(),
  repeat: z.int().optional(),
  set: z.string().optional(),
  value: z.unknown().optional(),
});

const STEP = z.looseObject({
  name: z.string(),
  kind: z.string().optional(),
  after: z.array(z.string()).optional(),
  cycle_from: z.array(z.string()).optional(),
  on_error: z.string().optional(),
  function: z.string().optional(),
});

const GRAPH = z.looseObject({
  name: z.string().optional(),
  topology: z.string().optional(),
  engine: z.string().optional(),
  on_error: z.string().optional(),
  build: z.array(BUILD_CALL).optional(),
  steps: z.array(STEP).optional(),
  flow: z.array(z.unknown()).optional(),
  source: Json.optional(),
  context: z.string().optional(),
});

const ERROR = z.looseObject({ class: z.string(), message: z.string() });

const EXPECT = z.looseObject({
  status: z.number().optional(),
  body: z.unknown().optional(),
  content_type: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  error_class: z.string().optional(),
  hangs: z.boolean().optional(),
  stream: z.array(z.unknown()).optional(),
  stream_error: ERROR.optional(),
  raises: ERROR.optional(),
  response: z.looseObject({
    status: z.number(),
    content_type: z.string().optional(),
    body_text: z.unknown().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }).optional(),
  bare_value: z.unknown().optional(),
});

const REQUEST = z.looseObject({
  path: z.string(),
  method: z.string(),
  id: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
  content_type: z.string().optional(),
  body: z.unknown().optional(),
  trigger: z.unknown().optional(),
  expect: EXPECT,
  trace: z.array(z.string()).optional(),
  routes_run: z.array(z.string()).optional(),
});

const EMIT = z.looseObject({
  body: z.unknown(),
  id: z.string().optional(),
  key: z.string().optional(),
  time: z.string().optional(),
  /** Seconds before it. */
  pause: z.number().optional(),
});

const SETTLED = z.looseObject({
  result: z.unknown().optional(),
  raises: ERROR.optional(),
  emit_raises: ERROR.optional(),
});

const RUN = z.looseObject({
  results: z.array(SETTLED.nullable()).optional(),
  termination: SETTLED.optional(),
  pushed_errors: z.array(z.looseObject({ id: z.string(), source: z.string(), message: z.string() })).optional(),
});

const CASE = z.looseObject({
  schema: z.literal("levada-golden/1"),
  name: z.string(),
  about: z.string(),
  topics: z.array(z.string()),
  function: Json.optional(),
  graph: GRAPH.optional(),
  serve: z.looseObject({
    current_function: z.string(),
    deployed: z.boolean().optional(),
    trigger: z.string().optional(),
  }).optional(),
  build_error: z.looseObject({
    stage: z.enum(["build", "serve"]),
    op: z.number().optional(),
    class: z.string(),
    message: z.string(),
    cause: ERROR.optional(),
  }).optional(),
  requests: z.array(REQUEST).optional(),
  emits: z.array(EMIT).optional(),
  expected_number_of_results: z.number().optional(),
  runs: z.array(RUN).optional(),
  termination: z.unknown().optional(),
  termination_error: z.looseObject({ message: z.string().optional(), hangs: z.boolean().optional() }).optional(),
  checks: z.array(z.looseObject({ what: z.string(), result: z.unknown().optional(), raises: ERROR.optional() }))
    .optional(),
  plot: z.looseObject({ dot: z.string().optional(), with: Json.optional() }).optional(),
});

/** One call or assignment of a case's `build`. */
export type BuildCall = z.infer<typeof BUILD_CALL>;
/** One request of a case, with what MLRun answered. */
export type GoldenRequest = z.infer<typeof REQUEST>;
/** One event of a storey flow. */
export type GoldenEmit = z.infer<typeof EMIT>;
/** One run of a storey flow, as recorded. */
export type GoldenRun = z.infer<typeof RUN>;
/** One case. */
export type GoldenCase = z.infer<typeof CASE>;

/** A file that holds no case; its message names the file. */
export class CaseError extends Error {
  override readonly name = "CaseError";
}

/**
 * Reads one case file.
 *
 * @throws {CaseError} If the file cannot be read, is not JSON, or is not a case.
 */
export async function readCase(file: string): Promise<GoldenCase> {
  const parsed = CASE.safeParse(parse(await read(file), file));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
  throw new CaseError(`Cannot take ${file} as a case: ${issues.join("; ")}`);
}

/**
 * Lists the case files of a folder, sorted.
 *
 * @throws {CaseError} If there is no such folder, or it holds no JSON file.
 */
export async function listCases(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) if (entry.name.endsWith(".json")) names.push(entry.name);
  } catch (error) {
    throw new CaseError(`Cannot read cases from ${directory}: ${messageOf(error)}`);
  }
  if (names.length === 0) {
    throw new CaseError(`Cannot read cases from ${directory}: it has no file that ends with .json`);
  }
  return names.sort().map((name) => `${directory.replace(/\/+$/, "")}/${name}`);
}

async function read(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    throw new CaseError(`Cannot read ${file}: ${messageOf(error)}`);
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CaseError(`Cannot read ${file} as JSON: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
