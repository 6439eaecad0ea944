import type { ServedModel } from "../../graph/served_model.ts";
import type { HttpServer } from "../../serve/port/listen.ts";
import { oneLine } from "../../telemetry/one_line.ts";

/** What is served where, line by line. */
export function describeServed(name: string, server: HttpServer): string[] {
  const grpc = server.grpcPort === undefined ? "" : ` and gRPC on port ${server.grpcPort}`;
  return [
    `Serving ${name} on ${server.url}${grpc} (Ctrl-C ends it)`,
    ...server.models().map((model) => `  ${describeModel(model, server.url)}`),
  ];
}

function describeModel({ key, name, version, state, reason }: ServedModel, url: string): string {
  const path = `/v2/models/${encodeURIComponent(name)}${
    version === undefined ? "" : `/versions/${encodeURIComponent(version)}`
  }`;
  return oneLine(`model ${key}: ${state}${reason === undefined ? "" : ` (${reason})`}, ${url}${path}/infer`);
}
