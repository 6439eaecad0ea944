import type { Flow } from "../flow/flow.ts";
import { type AppOptions, createApp } from "./app.ts";
import { type Address, type HttpServer, listen, type ListenOptions } from "./listen.ts";

/** How a function is served. */
export interface ServerOptions extends Address {
  /**
   * How long closing waits for what has been accepted, in milliseconds; what is under way then fails with 503. Default 30,000, the time
   * that Kubernetes gives.
   */
  graceMs?: number;
}

/** Serves a running flow, and closes it where that fails. */
export async function serveFlow(flow: Flow, options: AppOptions & ListenOptions): Promise<HttpServer> {
  const app = createApp(flow, { ...options, hasSpan: true });
  try {
    return listen(app, options);
  } catch (error) {
    await app.close();
    throw error;
  }
}
