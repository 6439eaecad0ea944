/** The service that the recorded remote steps asked, `http://remote`, as a server on this machine. */

import type { GoldenCase } from "./golden_case.ts";

/** A request that it got. */
export interface RemoteRequest {
  readonly method: string;
  readonly path: string;
}

/** The running service. */
export interface RemoteService extends AsyncDisposable {
  readonly got: readonly RemoteRequest[];
  /** The case with this service in the place of the recorded one. */
  in(given: GoldenCase): GoldenCase;
}

/** What it says in plain text. */
export const PLAIN_TEXT = "plain text";

const RECORDED = "http://remote";

/** Starts the service where a case asks it. */
export function serveRemote(given: GoldenCase): RemoteService | undefined {
  if (!JSON.stringify(given.graph?.build ?? []).includes(RECORDED)) return undefined;
  const got: RemoteRequest[] = [];
  const failed = new Map<string, number>();
  const stop = new AbortController();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen() {} }, async (request) => {
    const path = new URL(request.url).pathname;
    got.push({ method: request.method, path });
    const text = await request.text();
    return await answer(path.split("/").slice(1), { request, text, failed });
  });
  return {
    got,
    in: (given) => ({
      ...given,
      graph: JSON.parse(JSON.stringify(given.graph).replaceAll(RECORDED, `http://127.0.0.1:${server.addr.port}`)),
    }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
    },
  };
}

interface Asked {
  readonly request: Request;
  readonly text: string;
  readonly failed: Map<string, number>;
}

function answer([kind, first = "", second = ""]: string[], asked: Asked): Response | Promise<Response> {
  switch (kind) {
    case "echo":
      return Response.json(echo(asked));
    case "n":
      return Response.json(Number(first));
    case "code":
      return Response.json({ code: Number(first) }, { status: Number(first) });
    case "fail": {
      const times = (asked.failed.get(second) ?? 0) + 1;
      asked.failed.set(second, times);
      return times <= Number(first) ? new Response("failing", { status: 500 }) : Response.json("ok");
    }
    case "text":
      return new Response(PLAIN_TEXT);
    case "badjson":
      return new Response("{bad", { headers: { "content-type": "application/json" } });
    case "slow": // slower than every recorded time-out
      return new Promise(() => {});
    default:
      return new Response(null, { status: 404 });
  }
}

function echo({ request: { method, url, headers }, text }: Asked): Record<string, unknown> {
  return {
    method,
    path: new URL(url).pathname,
    body: text === "" ? null : text,
    content_type: headers.get("content-type"),
    event_id: headers.get("mlrun-event-id"),
    event_path: headers.get("mlrun-event-path"),
    x_in: headers.get("x-in"),
    x_own: headers.get("x-own"),
  };
}
