/** A server on this machine that answers as a test says. */
export interface ServedAnswers extends AsyncDisposable {
  /** Such as `127.0.0.1:41234`. */
  readonly host: string;
  /** What was asked, in order: method, path and query. */
  readonly asked: string[];
}

/** Starts one. */
export function serveAnswers(
  answer: (request: Request, url: URL) => Response | Promise<Response>,
): ServedAnswers {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const url = new URL(request.url);
    asked.push(`${request.method} ${url.pathname}${url.search}`);
    return await answer(request, url);
  });
  return {
    host: `127.0.0.1:${server.addr.port}`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
