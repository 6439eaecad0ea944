import { json, operation, type PathItem, type Paths, ref, REFUSALS } from "./operation.ts";
import type { ServerView } from "../own/own_path.ts";

const LIVE = ["/live", "/v2/health/live"];
const READY = ["/ready", "/v2/health/ready"];

/** What the server answers by itself. */
export function ownPaths({ telemetry, flow }: ServerView): Paths {
  return {
    "/v2": { get: METADATA },
    ...(flow.describe().routers.length === 0 ? {} : REPOSITORY),
    ...Object.fromEntries(LIVE.map((path) => [path, { get: live(path) }])),
    ...Object.fromEntries(READY.map((path) => [path, { get: ready(path) }])),
    "/openapi.json": { get: description() },
    ...(telemetry?.isMeasuring === true ? { "/metrics": METRICS } : {}),
  };
}

const METADATA = operation({
  id: "server_metadata",
  summary: "Name, version and extensions of the server",
  tag: "server",
  answers: { 200: ["As the open inference protocol has it", json(ref("ServerMetadata"))] },
  failures: REFUSALS,
});

/** The model repository extension. */
const REPOSITORY: Paths = {
  "/v2/models/stats": {
    get: operation({
      id: "models_stats",
      summary: "What all models were asked, and how long it took",
      tag: "models",
      answers: { 200: ["As Triton's extension has it", json({ type: "object" })] },
      failures: REFUSALS,
    }),
  },
  "/v2/repository/index": {
    post: operation({
      id: "repository_index",
      summary: "All models, each with its state",
      tag: "repository",
      body: {
        type: ["object", "null"],
        properties: { ready: { type: ["boolean", "null"], description: "Only those that are ready" } },
      },
      isBodyOptional: true,
      answers: { 200: ["The models", json({ type: "array", items: ref("RepositoryModel") })] },
      failures: REFUSALS,
    }),
  },
  ...Object.fromEntries(["load", "unload"].map((word) => [`/v2/repository/models/{model}/${word}`, {
    post: operation({
      id: `repository_${word}`,
      summary: word === "load"
        ? "Loads a model, or anew"
        : "Takes a model away, when it has answered what it was asked",
      tag: "repository",
      parameters: ["model"],
      body: { type: ["object", "null"] },
      isBodyOptional: true,
      answers: { 200: ["Done"] },
      failures: [...REFUSALS, 404],
    }),
  }])),
};

function live(path: string) {
  return operation({
    id: `live${path.replaceAll("/", "_")}`,
    summary: "Whether the process answers",
    tag: "server",
    answers: { 200: ["It does", json(ref("Live"))] },
    failures: REFUSALS,
  });
}

function ready(path: string) {
  return operation({
    id: `ready${path.replaceAll("/", "_")}`,
    summary: "Whether everything can be asked",
    tag: "server",
    answers: { 200: ["It can", json(ref("Ready"))], 503: ["Not yet, or not any more", json(ref("Ready"))] },
    failures: REFUSALS,
  });
}

function description() {
  return operation({
    id: "describe",
    summary: "This description",
    tag: "server",
    answers: { 200: ["OpenAPI 3.1", json({ type: "object", required: ["openapi", "info", "paths"] })] },
    failures: REFUSALS,
  });
}

const METRICS: PathItem = {
  get: operation({
    id: "metrics",
    summary: "Metrics, as Prometheus reads them",
    tag: "server",
    answers: {
      200: ["The values", { "text/plain": { type: "string" }, "application/openmetrics-text": { type: "string" } }],
    },
    failures: REFUSALS,
  }),
};
