/** The model repository extension of the open inference protocol: which models there are, load them anew, take them away. */

import type { Caller } from "../port/caller.ts";
import { StatusError } from "../../errors.ts";
import { bodyField, decodeBody as decodeObject, isObject } from "../../protocol/request_body.ts";
import { wrongMethod } from "../../protocol/refusal.ts";
import { changeModels, modelsOf, refuseFiles } from "./change_models.ts";
import { decodeBody, readBytes } from "../body/decode_body.ts";
import type { OwnPath, ServerView } from "./own_path.ts";

/** The index of all models, and what is done with one. */
export const REPOSITORY_PATHS: readonly OwnPath[] = [
  { path: "/v2/repository/index", answer: index },
  { path: "/v2/repository/models/:model/load", answer: load },
  { path: "/v2/repository/models/:model/unload", answer: unload },
].flatMap(({ path, answer }): OwnPath[] => [
  { method: "POST", path, answer },
  { method: "GET", path, answer: ({ method }) => Promise.reject(wrongMethod("the repository", method, ["POST"])) },
]);

/** Nothing but a few words belongs there: what is larger is no request of this extension. */
const BODY_BYTES = 2 ** 20;

/** The states that the extension has for ours. */
const STATES = {
  ready: "READY",
  loading: "LOADING",
  failed: "UNAVAILABLE",
  unloaded: "UNAVAILABLE",
  restarting: "UNAVAILABLE",
} as const;

interface Asked {
  readonly server: ServerView;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
}

async function index(request: Request, { server }: Asked): Promise<Response> {
  const onlyReady = bodyField(await readJson(request, server), "ready") ?? false;
  if (typeof onlyReady !== "boolean") {
    throw new StatusError(400, 'Cannot list the models: "ready" is not true or false');
  }
  const models = server.models().filter(({ state }) => !onlyReady || state === "ready");
  return Response.json(models.map(({ name, version = "", state, reason }) => ({
    name,
    version,
    state: STATES[state],
    reason: reason ?? (state === "unloaded" ? "unloaded" : ""),
  })));
}

async function load(request: Request, { server, caller, params: { model = "" } }: Asked): Promise<Response> {
  const parameters = bodyField(await readJson(request, server), "parameters");
  modelsOf(server, model);
  if (isObject(parameters)) refuseFiles(model, Object.keys(parameters));
  await changeModels(server, { name: model, act: "load", signal: caller.signal });
  return new Response(null, { status: 200 });
}

async function unload(request: Request, { server, caller, params: { model = "" } }: Asked): Promise<Response> {
  await readJson(request, server); // its only parameter is about models that others depend on, and here none do
  await changeModels(server, { name: model, act: "unload", signal: caller.signal });
  return new Response(null, { status: 200 });
}

async function readJson(request: Request, { door }: ServerView): Promise<unknown> {
  const taken = door?.body(BODY_BYTES);
  try {
    const { headers } = request;
    const body = decodeObject(await decodeBody(await readBytes(request, taken), { headers, taken })); // whatever its type says: curl's is a form's
    if (body === null || isObject(body)) return body;
  } finally {
    taken?.close();
  }
  throw new StatusError(400, "Cannot read the request: its body is no JSON object");
}
