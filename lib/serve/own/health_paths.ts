/** Where Kubernetes, Knative, Nuclio and clients of the open inference protocol ask whether a server lives and is ready. */

import type { OwnPath, ServerView } from "./own_path.ts";

const LIVE = ["/live", "/v2/health/live"];
const READY = ["/ready", "/__internal/health", "/v2/health/ready"];

/**
 * The health paths: `live` is 200 as long as the process answers, `ready` is 503 where not everything can be asked, with
 * the reasons for who may ask.
 */
export const HEALTH_PATHS: readonly OwnPath[] = [
  ...LIVE.map((path): OwnPath => ({ method: "GET", path, answer: () => Response.json({ live: true }) })),
  ...READY.map((path): OwnPath => ({ method: "GET", path, answer: (request, { server }) => ready(request, server) })),
];

function ready({ headers }: Request, server: ServerView): Response {
  const reasons = [
    ...server.state === "open" ? [] : [{ reason: `the server is ${server.state}` }],
    ...server.models().filter(({ state }) => state === "loading" || state === "failed").map((
      { key, state, reason },
    ) => ({
      model: key,
      state,
      ...(reason === undefined ? {} : { reason }),
    })),
  ];
  if (reasons.length === 0) return Response.json({ ready: true });
  const mayKnow = server.knows?.(headers.get("authorization")) ?? true; // health is free; what the models are called is not
  const told = mayKnow ? { ready: false, reasons } : { ready: false };
  return Response.json(told, { status: 503, headers: { "retry-after": "1" } });
}
