/** What the open inference protocol and Triton's extensions ask a server about itself and its models, beside their inference. */

import { FlowEvent } from "../../graph/event.ts";
import type { ServedModel } from "../../graph/served_model.ts";
import { servedModel } from "../asked_model.ts";
import { encodeReply } from "../reply/encode_reply.ts";
import { modelConfig } from "./model_config.ts";
import { modelStatistics } from "./model_statistics.ts";
import type { OwnPath, ServerView } from "./own_path.ts";
import { SERVER_VERSION } from "./server_version.ts";

const EXTENSIONS = ["binary_tensor_data", "model_configuration", "model_repository", "parameters", "statistics"];

const MODEL = ["/v2/models/:model", "/v2/models/:model/versions/:version"];

/** The server's metadata, and each model's: behind other steps what it is and whether it is ready, everywhere its configuration and statistics. A model's own operation of these names stays the model's. */
export const MODEL_PATHS: readonly OwnPath[] = [
  ...["/v2", "/v2/"].map((path): OwnPath => ({ method: "GET", path, answer: metadata })),
  { method: "GET", path: "/v2/models/stats", answer: (_request, { server }) => stats(server, {}) },
  ...aboutModel("stats", stats),
  ...aboutModel("config", config),
  ...MODEL.map((path): OwnPath => ({
    method: "GET",
    path,
    answer: (request, asked) => told(request, asked, "metadata"),
  })),
  ...MODEL.map((path): OwnPath => ({
    method: "GET",
    path: `${path}/ready`,
    answer: (request, asked) => told(request, asked, "readiness"),
  })),
];

type Params = Readonly<Record<string, string>>;

function aboutModel(word: string, tell: (server: ServerView, params: Params) => Response | undefined): OwnPath[] {
  return MODEL.map((path) => ({
    method: "GET",
    path: `${path}/${word}`,
    answer: (_request, { server, params }) =>
      modelOf(server, params)?.operations?.().includes(word) === true ? undefined : tell(server, params),
  }));
}

/** What a model says of itself, where other steps stand in the graph, which a request without a body may fail in. */
async function told(
  request: Request,
  { server, params }: { readonly server: ServerView; readonly params: Params },
  about: "metadata" | "readiness",
): Promise<Response | undefined> {
  const model = server.flow.isOneStep ? undefined : modelOf(server, params);
  if (model?.tell === undefined) return undefined;
  const { headers } = request;
  const id = headers.get("mlrun-event-id") ?? undefined;
  const event = new FlowEvent(null, {
    id,
    method: "GET",
    path: new URL(request.url).pathname,
    headers,
    trigger: "http",
  });
  return encodeReply(await model.tell(about, event), event);
}

function metadata(): Response {
  return Response.json({ name: "levada", version: SERVER_VERSION, extensions: EXTENSIONS });
}

function config(server: ServerView, params: Params): Response | undefined {
  const model = modelOf(server, params);
  return model === undefined ? undefined : Response.json(modelConfig(model));
}

function stats(server: ServerView, params: Params): Response | undefined {
  const { model: name, version } = params;
  const asked = server.models().filter((model) =>
    (name === undefined || model.key === name || model.name === name) &&
    (version === undefined || model.version === version)
  );
  if (asked.length === 0 && name !== undefined) return undefined;
  return Response.json({ model_stats: asked.map(modelStatistics) });
}

function modelOf(server: ServerView, { model, version }: Params): ServedModel | undefined {
  return model === undefined
    ? undefined
    : servedModel(server.models(), { name: model, ...(version === undefined ? {} : { version }) });
}
