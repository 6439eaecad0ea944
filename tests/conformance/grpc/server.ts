/** Serves the suite's functions at free ports, told in a line of JSON, until its input ends. */

import { openTelemetry } from "../../../mod.ts";
import { models, streaming } from "./served.ts";

const place = { port: 0, grpcPort: 0, graceMs: 2_000 };
const servers = [
  await models().serve({ ...place, telemetry: await openTelemetry() }),
  await streaming().serve(place),
  await models().serve({
    ...place,
    limits: {
      bodyLimitBytes: 1_000_000,
      maxConcurrent: 4,
      maxConcurrentPerModel: 4,
      maxQueued: 2,
      maxQueuedPerModel: 2,
    },
  }),
];
console.log(JSON.stringify(servers.map(({ grpcPort }) => grpcPort)));
await Deno.stdin.readable.pipeTo(new WritableStream());
await Promise.all(servers.map((server) => server.close()));
