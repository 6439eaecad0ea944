import type { Log } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import { matchModelPath } from "../protocol/model_path.ts";
import type { RequestMetrics } from "./request_metrics.ts";
import type { RequestTracing, ServerSpan } from "./request_tracing.ts";

/** What looks at a server's requests. */
export interface RequestWatchParts {
  readonly metrics?: RequestMetrics | undefined;
  readonly tracing?: RequestTracing | undefined;
  /** Gets a line for each request; undefined for none. */
  readonly accessLog?: Log | undefined;
}

/** What is looked at of a request, which need not have come over HTTP. */
export type WatchedRequest = Pick<Request, "method" | "headers">;

/** What is looked at of a reply: HTTP's status, or the one that it would have there. */
export type WatchedReply = Pick<Response, "status">;

/** One request, while it is answered. */
export class Asked {
  readonly #span: ServerSpan | undefined;
  /** The event that it became; undefined where the server answered by itself. */
  event: FlowEvent | undefined;

  /** Takes the span that is made of it. */
  constructor(span: ServerSpan | undefined) {
    this.#span = span;
  }

  /** The request has become an event: all that becomes of that belongs to the request. */
  becomes(event: FlowEvent): void {
    this.event = event;
    this.#span?.take(event);
  }
}

/** Counts, times, traces and writes down the requests of one server. */
export class RequestWatch {
  readonly #parts: RequestWatchParts;

  /** Takes those who look. */
  constructor(parts: RequestWatchParts) {
    this.#parts = parts;
  }

  /** Has a request answered by `answer`, which does not reject. */
  answer<Reply extends WatchedReply>(
    request: WatchedRequest,
    path: string,
    answer: (asked?: Asked) => Promise<Reply>,
  ): Promise<Reply> {
    const { metrics, tracing, accessLog } = this.#parts;
    const beganMs = performance.now();
    metrics?.begin();
    if (tracing !== undefined || accessLog !== undefined) return this.#follow(request, { path, beganMs }, answer);
    return answer().then((response) => {
      metrics?.end(path, response.status, beganMs);
      return response;
    });
  }

  async #follow<Reply extends WatchedReply>(
    request: WatchedRequest,
    { path, beganMs }: { readonly path: string; readonly beganMs: number },
    answer: (asked?: Asked) => Promise<Reply>,
  ): Promise<Reply> {
    const { metrics, tracing, accessLog } = this.#parts;
    const span = tracing?.begin(request, routeOf(path));
    const asked = new Asked(span);
    const response = await (span === undefined ? answer(asked) : span.within(() => answer(asked)));
    const { status } = response;
    metrics?.end(path, status, beganMs);
    if (accessLog !== undefined) {
      accessLog.info(`${request.method} ${path} ${status}`, {
        method: request.method,
        path,
        status,
        tookMs: Math.round((performance.now() - beganMs) * 1_000) / 1_000,
        ...(asked.event === undefined ? {} : { event: asked.event.id }),
        ...span?.ids,
      });
    }
    span?.end(status);
    return response;
  }
}

/** The path without what is one caller's: models and versions by a placeholder. Undefined for a path that is none of a router's. */
export function routeOf(path: string): string | undefined {
  const address = matchModelPath(path);
  switch (address?.kind) {
    case undefined:
      return undefined;
    case "root":
      return "/";
    case "health":
    case "models":
      return `/v2/${address.kind}`;
    case "model": {
      const version = address.version === undefined ? "" : "/versions/{version}";
      return `/v2/models/{model}${version}${address.operation === "" ? "" : "/{operation}"}`;
    }
  }
}
