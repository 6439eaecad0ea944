/** `grpc.health.v1`, which Kubernetes' probes and gRPC's load balancers ask. */

import { StatusError } from "../../errors.ts";
import { readMessage } from "./read_message.ts";
import { isLive, isReady, type Site } from "./site.ts";
import type { Conversation } from "./stream_infer.ts";

const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;
const WATCH_MS = 1_000; // a model's state tells nobody that it changes

/** What is asked for by each name: `liveness` whether no model is lost, the others whether everything can be asked. */
const SERVICES: Readonly<Record<string, (site: Site) => boolean>> = {
  "": isReady,
  "inference.GRPCInferenceService": isReady,
  readiness: isReady,
  liveness: isLive,
};

/**
 * Check: whether a service can be asked now.
 *
 * @throws {StatusError} 404 for a service that is none.
 */
export function checkHealth(site: Site, message: Uint8Array): Uint8Array {
  const service = readService(site, message);
  const status = statusOf(site, service);
  if (status !== SERVICE_UNKNOWN) return encode(site, status);
  throw new StatusError(
    404,
    `Cannot tell the health of "${service}": services are ${
      Object.keys(SERVICES).map((name) => `"${name}"`).join(", ")
    }`,
  );
}

/** Watch: the same at once, and again each time that it changes, until the caller leaves. */
export async function watchHealth(site: Site, talk: Conversation): Promise<void> {
  for await (const message of talk.messages) {
    const service = readService(site, message);
    let last: number | undefined;
    while (!talk.signal.aborted) {
      const status = statusOf(site, service);
      if (status !== last) await talk.send([encode(site, status)]);
      last = status;
      if (site.closing.isAsked) return; // a watcher would hold up the server's end
      await pause(site, talk.signal);
    }
  }
}

function readService({ wire }: Site, message: Uint8Array): string {
  const reader = new wire.BinaryReader(message);
  let service = "";
  try {
    readMessage(reader, (tag) => {
      if (tag !== 0o12) return false;
      service = reader.string(true);
      return true;
    });
  } catch (error) {
    throw new StatusError(400, "Cannot read the request: it is no HealthCheckRequest", { cause: error });
  }
  return service;
}

function statusOf(site: Site, service: string): number {
  if (!Object.hasOwn(SERVICES, service)) return SERVICE_UNKNOWN;
  return SERVICES[service]!(site) ? SERVING : NOT_SERVING;
}

function encode({ wire }: Site, status: number): Uint8Array {
  return new wire.BinaryWriter().tag(1, 0).int32(status).finish();
}

/** Waits for the next look, or until the caller leaves, or the port closes. */
function pause({ closing }: Site, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, WATCH_MS);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      closing.forget(done);
      resolve();
    }
    signal.addEventListener("abort", done);
    closing.whenAsked(done);
  });
}
