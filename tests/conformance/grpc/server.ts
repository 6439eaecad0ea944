/** Serves the suite's functions at free ports, told in a line of JSON, until its input ends. */

import { listenGrpc } from "../../../lib/serve/grpc/listen_grpc.ts";
import { models, streaming } from "./served.ts";

const flows = [await models().start(), await streaming().start()] as const;
const views = flows.map((flow) => ({ flow, state: "open" as const, models: () => flow.models() }));
const listeners = [
  await listenGrpc(views[0]!, { port: 0 }),
  await listenGrpc(views[1]!, { port: 0 }),
  await listenGrpc(views[0]!, { port: 0, messageLimitBytes: 1_000_000 }),
];
console.log(JSON.stringify(listeners.map(({ port }) => port)));
await Deno.stdin.readable.pipeTo(new WritableStream());
await Promise.all(listeners.map((listener) => listener.close({ timeoutMs: 1_000 })));
await Promise.all(flows.map((flow) => flow.close()));
