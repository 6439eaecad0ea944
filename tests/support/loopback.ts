/** A request as a loopback server got it. */
export interface Got {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A server on this machine, for as long as a test needs it. */
export interface Loopback extends AsyncDisposable {
  /** Its origin: `http://127.0.0.1:4711`. */
  readonly url: string;
  /** What it was asked, in order. */
  readonly got: Got[];
}

/** How a loopback server is made. */
export interface LoopbackOptions {
  /** A certificate and its key, as PEM text, for https. */
  readonly cert?: string;
  readonly key?: string;
}

/** The certificate of this machine that nobody trusts, and its key; valid for 100 years, for `localhost` and `127.0.0.1`. */
export const SELF_SIGNED = { cert: pem("loopback_cert.pem"), key: pem("loopback_key.pem") };

/** Starts a server on a free port; ending it ends what it still answers. */
export function serveLoopback(
  answer: (got: Got, request: Request) => Response | Promise<Response>,
  options: LoopbackOptions = {},
): Loopback {
  const got: Got[] = [];
  const stop = new AbortController();
  const server = Deno.serve(
    { ...options as object, hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen() {}, onError },
    async (request) => {
      const { method, headers, url } = request;
      const { pathname, search } = new URL(url);
      const one: Got = { method, path: pathname + search, headers, body: await request.text() };
      got.push(one);
      return await answer(one, request);
    },
  );
  return {
    url: `${options.cert === undefined ? "http" : "https"}://127.0.0.1:${(server.addr as Deno.NetAddr).port}`,
    got,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
    },
  };
}

/** A server that speaks bytes, for what is no HTTP. */
export interface RawLoopback extends AsyncDisposable {
  readonly url: string;
  /** Resolves when the client has hung up. */
  readonly hungUp: Promise<void>;
  /** Resolves when a request has come. */
  readonly asked: Promise<void>;
}

/** Writes the same bytes to every client; closes then, or waits for the client to hang up. */
export function serveBytes(bytes: string, { closes }: { closes: boolean }): RawLoopback {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [hungUp, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const answer = async (connection: Deno.TcpConn) => {
    using client = connection;
    const buffer = new Uint8Array(65_536);
    try {
      await client.read(buffer);
      asked.resolve();
      await client.write(new TextEncoder().encode(bytes));
      while (!closes && await client.read(buffer) !== null);
    } catch {
      // the client has hung up in its own way
    }
    if (!closes) hungUp.resolve();
  };
  const serving = (async () => {
    const answers: Promise<void>[] = [];
    for await (const connection of listener) answers.push(answer(connection));
    await Promise.all(answers);
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    hungUp: hungUp.promise,
    asked: asked.promise,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

function onError(): Response {
  return new Response(null, { status: 500 });
}

function pem(name: string): string {
  return Deno.readTextFileSync(new URL(name, import.meta.url));
}
