import type { Flow } from "../flow/flow.ts";
import { createApp } from "./app.ts";
import type { AppOptions } from "./app_options.ts";
import { type GrpcListener, listenGrpc } from "./grpc/listen_grpc.ts";
import { Guard, type GuardOptions } from "./guard.ts";
import type { TlsOptions } from "./port/open_port.ts";
import { allLimits, type ServerLimits } from "./limits/server_limits.ts";
import { type Address, type HttpServer, listen, type ListenOptions } from "./port/listen.ts";

/** How a function is served. */
export interface ServerOptions extends Address, GuardOptions {
  /**
   * How long closing waits for what has been accepted, in milliseconds; what is under way then fails with 503. Default 30,000, the time
   * that Kubernetes gives.
   */
  graceMs?: number;
  /**
   * The port where gRPC of the open inference protocol is answered too, on the same address: 0 to 65535; 0 takes a free one. Default: no
   * gRPC.
   */
  grpcPort?: number;
  /** Certificate and key for https, and who may be a client. Default: http. */
  tls?: TlsOptions;
  /** Whether other processes may listen on the same port: requests are spread over them. Needs Deno's `--unstable-net`. Default false. */
  sharesPort?: boolean;
  /**
   * Where processes share the port: has each of them load a model, or take it away, as the repository's addresses are asked to. Default:
   * only this process does. `giveUp` is called when nobody waits any more; it tells whether it had begun: else it must not begin later.
   */
  changeEverywhere?: (
    name: string,
    act: "load" | "unload",
  ) => { readonly done: Promise<void>; giveUp(): Promise<boolean> };
  /** How much it takes before it refuses; what is not said has its default. */
  limits?: ServerLimits;
}

const LARGEST_MESSAGE_BYTES = 2 ** 31 - 1; // what gRPC's own limit can say

/** Serves a running flow, and closes it where that fails. */
export async function serveFlow(
  flow: Flow,
  { grpcPort, ...options }: Omit<AppOptions, "limits"> & ListenOptions & ServerOptions,
): Promise<HttpServer> {
  const limits = allLimits(options.limits);
  const guard = new Guard(options);
  const app = createApp(flow, { ...options, hasSpan: true, guard, limits });
  const { tls } = options;
  let grpc: GrpcListener | undefined;
  try {
    if (grpcPort !== undefined) {
      grpc = await listenGrpc(app.view, {
        hostname: options.hostname,
        port: grpcPort,
        isShared: options.sharesPort,
        tls: tls === undefined
          ? undefined
          : { cert: tls.cert, key: tls.key, ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa }) },
        messageLimitBytes: Math.min(limits.bodyLimitBytes, LARGEST_MESSAGE_BYTES),
        mayAsk: (authorization) => guard.knows(authorization),
      });
    }
    return await listen(app, { ...options, grpc });
  } catch (error) {
    await grpc?.close();
    await app.close();
    throw error;
  }
}
