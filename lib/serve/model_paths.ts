/** What the open inference protocol and Triton's extensions ask a server about itself and its models, beside their inference. */

import type { ServedModel } from "../graph/served_model.ts";
import { servedModel } from "./asked_model.ts";
import { modelConfig } from "./model_config.ts";
import { modelStatistics } from "./model_statistics.ts";
import type { OwnPath, ServerView } from "./own_path.ts";
import { SERVER_VERSION } from "./server_version.ts";

const EXTENSIONS = ["binary_tensor_data", "model_configuration", "model_repository", "parameters", "statistics"];

/** The server's metadata, and each model's configuration and statistics. A model's own operation of these names stays the model's. */
export const MODEL_PATHS: readonly OwnPath[] = [
  ...["/v2", "/v2/"].map((path): OwnPath => ({ method: "GET", path, answer: metadata })),
  { method: "GET", path: "/v2/models/stats", answer: (_request, { server }) => stats(server, {}) },
  ...aboutModel("stats", stats),
  ...aboutModel("config", config),
];

type Params = Readonly<Record<string, string>>;

function aboutModel(word: string, tell: (server: ServerView, params: Params) => Response | undefined): OwnPath[] {
  return [`/v2/models/:model/${word}`, `/v2/models/:model/versions/:version/${word}`].map((path) => ({
    method: "GET",
    path,
    answer: (_request, { server, params }) =>
      modelOf(server, params)?.operations?.().includes(word) === true ? undefined : tell(server, params),
  }));
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
