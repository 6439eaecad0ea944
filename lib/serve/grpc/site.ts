import type { ServedModel } from "../../graph/served_model.ts";
import type { ServerView } from "../own_path.ts";
import type { Closing } from "./closing.ts";
import type { GrpcRuntime } from "./grpc_runtime.ts";
import type { Statistics } from "./statistics.ts";
import type { Wire } from "./wire.ts";

/** What the methods of a gRPC server work with. */
export interface Site {
  readonly server: ServerView;
  readonly grpc: GrpcRuntime;
  readonly wire: Wire;
  readonly statistics: Statistics;
  /** Whether the port is to close. */
  readonly closing: Closing;
}

/** Whether all that is served can be asked, and more is taken. */
export function isReady({ server, closing }: Site): boolean {
  return !closing.isAsked && server.state === "open" &&
    !server.models().some(({ state }) => state === "loading" || state === "failed");
}

/** The models of a name, or the one of a name and a version; empty text is no version. */
export function modelsOf(server: ServerView, name: string, version: string): readonly ServedModel[] {
  return server.models().filter((model) =>
    model.key === name || (model.name === name && (version === "" || model.version === version))
  ).filter((model) => version === "" || model.version === version);
}
