import { StatusError } from "../../errors.ts";
import type { Outcome } from "../../flow/outcome.ts";
import { FlowEvent } from "../../graph/event.ts";
import type { ServerView } from "../own_path.ts";
import type { GrpcMetadata } from "./grpc_runtime.ts";
import type { InferAsk } from "./infer_request.ts";

/** Who calls. */
export interface Caller {
  /** What came with the call. */
  readonly headers: readonly [string, string][];
  /** Aborts when the caller leaves, or its deadline is over. */
  readonly signal: AbortSignal;
  /** The event that its request became last; a failure is told with its id. */
  event?: FlowEvent;
}

/** The event of a request. */
export function eventOf({ model, version, body }: InferAsk, caller: Caller): FlowEvent {
  const { headers, signal } = caller;
  const at = version === undefined ? "" : `/versions/${encodeURIComponent(version)}`;
  return caller.event = new FlowEvent<unknown>(body, {
    id: headers.find(([name]) => name === "mlrun-event-id")?.[1],
    path: `/v2/models/${encodeURIComponent(model)}${at}/infer`,
    method: "POST",
    trigger: "grpc",
    headers: headers as [string, string][],
    signal,
  });
}

/**
 * Has the graph answer, as it answers requests over HTTP.
 *
 * @throws {StatusError} 503 if the server takes no more requests.
 */
export function askFlow(server: ServerView, event: FlowEvent): Outcome | Promise<Outcome> {
  if (server.state !== "open") {
    throw new StatusError(503, `Cannot take event ${event.id}: the server is ${server.state}`);
  }
  return server.flow.handle(event);
}

const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The headers of a call, those that HTTP/1 could not have left out. */
export function headersOf(metadata: GrpcMetadata): [string, string][] {
  const headers: [string, string][] = [];
  for (const [name, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of typeof values === "string" ? [values] : values) {
      if (HEADER_VALUE.test(value)) headers.push([name, value]);
    }
  }
  return headers;
}
