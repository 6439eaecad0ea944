/** Where Kubernetes, Knative, Nuclio and clients of the open inference protocol ask whether a server lives and is ready. */

import type { StreamTrouble } from "../../flow/stream_trouble.ts";
import type { ServedModel } from "../../graph/served_model.ts";
import type { OwnPath, ServerView } from "./own_path.ts";

const LIVE = ["/live", "/v2/health/live"];
const READY = ["/ready", "/__internal/health", "/v2/health/ready"];

/**
 * The health paths: `live` is 200 unless a model is lost until the program starts anew, `ready` is 503 where not everything can be asked, with
 * the reasons for who may ask. A stream that cannot be read, or is full, is told, and leaves it ready: who asks the port is answered all the same.
 */
export const HEALTH_PATHS: readonly OwnPath[] = [
  ...LIVE.map((path): OwnPath => ({ method: "GET", path, answer: (request, { server }) => live(request, server) })),
  ...READY.map((path): OwnPath => ({ method: "GET", path, answer: (request, { server }) => ready(request, server) })),
];

/** What of a server is told of its health. */
type Health = Pick<ServerView, "state" | "models" | "troubles" | "knows">;

/** Answers a health path for who asks elsewhere than at the server's own port; 404 at any other. */
export function answerHealth(
  request: Request,
  server: Health,
  { isLoading = false }: { readonly isLoading?: boolean } = {},
): Response {
  const { pathname } = new URL(request.url);
  if (LIVE.includes(pathname)) return live(request, server);
  if (!READY.includes(pathname)) return new Response("Only health is told here\n", { status: 404 });
  if (!isLoading) return ready(request, server);
  return tell(request, server, { word: "ready", reasons: [{ reason: "the function is being loaded" }] });
}

function live(request: Request, server: Health): Response {
  return tell(request, server, { word: "live", reasons: server.models().filter(({ isLost }) => isLost).map(reasonOf) });
}

function ready(request: Request, server: Health): Response {
  const reasons = [
    ...server.state === "open" ? [] : [{ reason: `the server is ${server.state}` }],
    ...server.models().filter(({ state }) => state === "loading" || state === "failed").map(reasonOf),
  ];
  return tell(request, server, { word: "ready", reasons, troubles: server.troubles?.() ?? [] });
}

function reasonOf({ key, state, reason }: ServedModel): object {
  return { model: key, state, ...(reason === undefined ? {} : { reason }) };
}

/** Whether it is so: 200 without reasons against it. */
function tell(
  { headers }: Request,
  server: Health,
  { word, reasons, troubles = [] }: {
    word: string;
    reasons: readonly object[];
    troubles?: readonly StreamTrouble[];
  },
): Response {
  if (reasons.length === 0 && troubles.length === 0) return Response.json({ [word]: true });
  const mayKnow = server.knows?.(headers.get("authorization")) ?? true; // health is free; what the models are called is not
  const streams = troubles.map((one) => ({ ...one, since: new Date(one.since).toISOString() }));
  const known = { ...reasons.length > 0 && { reasons }, ...streams.length > 0 && { streams } };
  const told = { [word]: reasons.length === 0, ...mayKnow && known };
  if (reasons.length === 0) return Response.json(told);
  return Response.json(told, { status: 503, headers: { "retry-after": "1" } });
}
