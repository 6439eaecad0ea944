import type { ServerView } from "../own/own_path.ts";
import type { Closing } from "./closing.ts";
import type { GrpcRuntime } from "./grpc_runtime.ts";
import type { Wire } from "./wire.ts";

/** What the methods of a gRPC server work with. */
export interface Site {
  readonly server: ServerView;
  readonly grpc: GrpcRuntime;
  readonly wire: Wire;
  /** Whether who sends this as `authorization` may ask. Undefined: everybody may. */
  readonly mayAsk?: ((authorization: string | null) => boolean) | undefined;
  /** Whether the port is to close. */
  readonly closing: Closing;
}

/** Whether no model is lost until the program starts anew. */
export function isLive({ server }: Site): boolean {
  return !server.models().some(({ isLost }) => isLost);
}

/** Whether all that is served can be asked, and more is taken. */
export function isReady({ server, closing }: Site): boolean {
  return !closing.isAsked && server.state === "open" &&
    !server.models().some(({ state }) => state === "loading" || state === "failed");
}
