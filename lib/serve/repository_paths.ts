/** The model repository extension of the open inference protocol: which models there are, load them anew, take them away. */

import { describeThrown, isA, StatusError } from "../errors.ts";
import type { ServedModel } from "../graph/served_model.ts";
import { bodyField, decodeBody as decodeObject, isObject } from "../protocol/request_body.ts";
import { decodeBody } from "./decode_body.ts";
import type { OwnPath, ServerView } from "./own_path.ts";

/** The index of all models, and what is done with one. */
export const REPOSITORY_PATHS: readonly OwnPath[] = [
  { method: "POST", path: "/v2/repository/index", answer: index },
  { method: "POST", path: "/v2/repository/models/:model/load", answer: load },
  { method: "POST", path: "/v2/repository/models/:model/unload", answer: unload },
];

/** The states that the extension has for ours. */
const STATES = { ready: "READY", loading: "LOADING", failed: "UNAVAILABLE", unloaded: "UNAVAILABLE" } as const;

interface Asked {
  readonly server: ServerView;
  readonly params: Readonly<Record<string, string>>;
}

async function index(request: Request, { server }: Asked): Promise<Response> {
  const onlyReady = bodyField(await readJson(request), "ready") === true;
  const models = server.models().filter(({ state }) => !onlyReady || state === "ready");
  return Response.json(models.map(({ name, version = "", state, reason }) => ({
    name,
    version,
    state: STATES[state],
    reason: reason ?? (state === "unloaded" ? "unloaded" : ""),
  })));
}

async function load(request: Request, { server, params }: Asked): Promise<Response> {
  const parameters = bodyField(await readJson(request), "parameters");
  const models = modelsOf(server, params);
  if (isObject(parameters)) {
    const [given] = Object.keys(parameters).filter((name) => name === "config" || name.startsWith("file:"));
    if (given !== undefined) {
      throw new StatusError(
        400,
        `Cannot load model "${params.model}" with ${given}: a model is loaded as its function declares it`,
      );
    }
  }
  return await each(models, "load");
}

async function unload(request: Request, { server, params }: Asked): Promise<Response> {
  await readJson(request); // its only parameter is about models that others depend on, and here none do
  return await each(modelsOf(server, params), "unload");
}

/** Does it with every version; all are tried before a failure is told. */
async function each(models: readonly ServedModel[], act: "load" | "unload"): Promise<Response> {
  const fixed = models.find((model) => model[act] === undefined);
  if (fixed !== undefined) {
    throw new StatusError(400, `Cannot ${act} model "${fixed.key}": it is a step of a flow, not a route of a router`);
  }
  const results = await Promise.allSettled(models.map((model) => model[act]!()));
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    const { reason } = result;
    throw isA(reason, StatusError) ? reason : new StatusError(500, describeThrown(reason).message, { cause: reason });
  }
  return new Response(null, { status: 200 });
}

function modelsOf(server: ServerView, { model = "" }: Asked["params"]): ServedModel[] {
  const all = server.models();
  const found = all.filter(({ key, name }) => key === model || name === model);
  if (found.length > 0) return found;
  const names = [...new Set(all.map(({ name }) => name))].join(", ");
  throw new StatusError(404, `Cannot find model "${model}": available models are ${names || "none"}`);
}

async function readJson(request: Request): Promise<unknown> {
  const body = decodeObject(await decodeBody(request)); // whatever its type says: curl's is a form's
  if (body === null || isObject(body)) return body;
  throw new StatusError(400, "Cannot read the request: its body is no JSON object");
}
