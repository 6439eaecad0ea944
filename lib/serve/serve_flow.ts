import type { Flow } from "../flow/flow.ts";
import { type AppOptions, createApp } from "./app.ts";
import { type GrpcListener, listenGrpc } from "./grpc/listen_grpc.ts";
import { type Address, type HttpServer, listen, type ListenOptions } from "./listen.ts";

/** How a function is served. */
export interface ServerOptions extends Address {
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
}

/** Serves a running flow, and closes it where that fails. */
export async function serveFlow(
  flow: Flow,
  { grpcPort, ...options }: AppOptions & ListenOptions & Pick<ServerOptions, "grpcPort">,
): Promise<HttpServer> {
  const app = createApp(flow, { ...options, hasSpan: true });
  let grpc: GrpcListener | undefined;
  try {
    if (grpcPort !== undefined) {
      const { hostname, isShared } = options;
      grpc = await listenGrpc(app.view, { hostname, port: grpcPort, isShared });
    }
    return listen(app, { ...options, grpc });
  } catch (error) {
    await grpc?.close();
    await app.close();
    throw error;
  }
}
