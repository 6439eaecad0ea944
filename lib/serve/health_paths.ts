/** Where Kubernetes, Knative, Nuclio and clients of the open inference protocol ask whether a server lives and is ready. */

import type { OwnPath, ServerView } from "./own_path.ts";

const LIVE = ["/live", "/v2/health/live"];
const READY = ["/ready", "/__internal/health", "/v2/health/ready"];

/** The health paths: `live` is 200 as long as the process answers, `ready` is 503 with the reasons where not everything can be asked. */
export const HEALTH_PATHS: readonly OwnPath[] = [
  ...LIVE.map((path): OwnPath => ({ method: "GET", path, answer: () => Response.json({ live: true }) })),
  ...READY.map((path): OwnPath => ({ method: "GET", path, answer: (_request, { server }) => ready(server) })),
];

function ready(server: ServerView): Response {
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
  return reasons.length === 0
    ? Response.json({ ready: true })
    : Response.json({ ready: false, reasons }, { status: 503, headers: { "retry-after": "1" } });
}
