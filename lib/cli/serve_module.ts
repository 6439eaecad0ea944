import type { ServedModel } from "../graph/served_model.ts";
import { openTelemetry } from "../telemetry/telemetry.ts";
import type { CommandContext } from "./command.ts";
import { loadFunction } from "./load_function.ts";
import { untilAsked } from "./until_asked.ts";

/** What was asked for on the command line. */
export interface ServeWish {
  readonly module: string;
  readonly export: string | undefined;
  readonly hostname: string | undefined;
  readonly port: number | undefined;
  readonly grpcPort: number | undefined;
  readonly graceMs: number | undefined;
}

/** Serves the function of a module until somebody asks to end. */
export async function serveModule(
  { module, export: name, ...wish }: ServeWish,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const fn = await loadFunction(module, name);
  const options = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
  const server = await fn.serve({ ...options, telemetry: await openTelemetry() });
  const grpc = server.grpcPort === undefined ? "" : ` and gRPC on port ${server.grpcPort}`;
  terminal.out(`Serving ${fn.name} on ${server.url}${grpc} (Ctrl-C ends it)\n`);
  for (const model of server.models()) terminal.out(`  ${describeModel(model, server.url)}\n`);
  await untilAsked(signal);
  terminal.out(`Ending: answering what has been accepted …\n`);
  await server.close();
  terminal.out("Ended.\n");
  return 0;
}

function describeModel({ key, name, version, state, reason }: ServedModel, url: string): string {
  const path = `/v2/models/${encodeURIComponent(name)}${
    version === undefined ? "" : `/versions/${encodeURIComponent(version)}`
  }`;
  return `model ${key}: ${state}${reason === undefined ? "" : ` (${reason})`}, ${url}${path}/infer`;
}
