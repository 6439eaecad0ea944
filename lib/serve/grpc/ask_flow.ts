import type { Outcome } from "../../flow/outcome.ts";
import { FlowEvent } from "../../graph/event.ts";
import type { Asked } from "../../telemetry/request_watch.ts";
import { failureBody } from "../reply/failure_body.ts";
import type { Visit } from "../limits/door.ts";
import type { ServerView } from "../own/own_path.ts";
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
  /**
   * Counts bytes of the reply until they have been sent.
   *
   * @throws {StatusError} 503 where all replies together are too large.
   */
  hold(bytes: number): void;
}

/** Told how a request ended. */
export type Reply<Result> = (outcome: Outcome, event: FlowEvent, room: Visit | undefined) => Promise<Result>;

/** A request that was read. */
export interface GrpcRequest {
  readonly ask: InferAsk;
  /** How long its message was. */
  readonly bytes: number;
  readonly caller: Caller;
}

/**
 * Has the graph answer a request as it answers requests over HTTP: within the server's limits, counted and traced. `reply` is told how it
 * ended; the request holds its room until that is done, unless `room`, undefined in a server without limits, is lent or closed before.
 *
 * @throws {StatusError} 503 if the server takes no more requests, or too many wait; what `reply` throws.
 */
export async function askFlow<Result>(
  server: ServerView,
  request: GrpcRequest,
  reply: Reply<Result>,
): Promise<Result> {
  const { ask, caller } = request;
  const path = pathOf(ask);
  const { watch } = server;
  if (watch === undefined) return await visit(server, { ...request, path }, reply);
  let ended: { readonly result: Result } | { readonly error: unknown } | undefined;
  const watched = { method: "POST", headers: new Headers(caller.headers as [string, string][]) };
  await watch.answer(watched, path, async (asked) => {
    try {
      ended = { result: await visit(server, { ...request, path, asked }, reply) };
      return { status: 200 };
    } catch (error) {
      ended = { error };
      return { status: failureBody(error, "").status };
    }
  });
  if ("result" in ended!) return ended.result;
  throw ended!.error;
}

interface Visiting extends GrpcRequest {
  readonly path: string;
  readonly asked?: Asked | undefined;
}

async function visit<Result>(
  server: ServerView,
  { ask, bytes, caller, path, asked }: Visiting,
  reply: Reply<Result>,
): Promise<Result> {
  const event = caller.event = eventOf(ask, caller, path);
  asked?.becomes(event);
  const room = server.door?.visit({ url: path }, path);
  const arrived = server.arrives?.();
  try {
    room?.body.hold(bytes);
    const turn = room?.enter(caller);
    if (turn !== undefined) await turn;
    const outcome = server.storing?.send(event, room) ?? server.flow.handle(event);
    arrived?.();
    return await reply(await outcome, event, room);
  } catch (error) {
    if (!caller.signal.aborted) server.failures?.tell(error, event);
    throw error;
  } finally {
    arrived?.();
    room?.close();
  }
}

function pathOf({ model, version }: InferAsk): string {
  const at = version === undefined ? "" : `/versions/${encodeURIComponent(version)}`;
  return `/v2/models/${encodeURIComponent(model)}${at}/infer`;
}

function eventOf({ body }: InferAsk, { headers, signal }: Caller, path: string): FlowEvent {
  return new FlowEvent<unknown>(body, {
    id: headers.find(([name]) => name === "mlrun-event-id")?.[1],
    path,
    method: "POST",
    trigger: "grpc",
    headers: headers as [string, string][],
    signal,
  });
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
