/** What is asked of every HTTP port, whoever keeps it: bytes over sockets, answered by functions of the test. */

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import process from "node:process";
import { type Fetch, openPort, type Port, type TlsOptions } from "../../../../../lib/serve/port/open_port.ts";
import { SELF_SIGNED } from "../../../../support/loopback.ts";
import { RawConnection } from "../../../../support/raw_http.ts";

const POST = "POST / HTTP/1.1\r\nHost: x\r\n";
const GET = "GET / HTTP/1.1\r\nHost: x\r\n";
const CHUNK = new Uint8Array(65_536).fill(97);
const MANY_CHUNKS = 384; // 24 MiB: more than the sockets of both sides hold
const LARGE_BYTES = 8 * 2 ** 20 + 1;

/** A port that a test asks. */
class OpenedPort implements AsyncDisposable {
  readonly #port: Port;
  readonly #tls: TlsOptions | undefined;

  constructor(port: Port, tls: TlsOptions | undefined) {
    this.#port = port;
    this.#tls = tls;
  }

  connect(): Promise<RawConnection> {
    const isPlain = this.#tls === undefined;
    return RawConnection.open(`http://127.0.0.1:${this.#port.port}`, isPlain ? undefined : SELF_SIGNED);
  }

  shutdown(): Promise<void> {
    return this.#port.shutdown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#port.shutdown();
  }
}

/** Has the contract asked of a port with these options; what it lacks is not asked, and the reason stands where it is opened. */
export function testPort(
  name: string,
  { tls, lacks = [] }: { tls: TlsOptions | undefined; lacks?: readonly Promised[] },
): void {
  const open = async (fetch: Fetch) =>
    new OpenedPort(await openPort(fetch, { hostname: "127.0.0.1", port: 0, tls, isShared: false }), tls);
  for (const [what, test] of Object.entries(CONTRACT)) {
    if (!lacks.includes(what as Promised)) Deno.test(`openPort(), ${name}: ${what}`, () => test(open));
  }
}

type Open = (fetch: Fetch) => Promise<OpenedPort>;

/** Answers with what was asked. */
async function echo(request: Request): Promise<Response> {
  return new Response(await request.bytes(), { status: 201, headers: { "x-method": request.method } });
}

type Promised = keyof typeof CONTRACT;

const CONTRACT = {
  async "a request comes as it was sent, and its answer as it was given"(open: Open): Promise<void> {
    let got: unknown[] = [];
    await using port = await open(async (request) => {
      const { pathname, search } = new URL(request.url);
      got = [request.method, pathname, search, request.headers.get("x-a"), await request.text()];
      const response = new Response("né", { status: 418, headers: [["x-b", "1"], ["set-cookie", "a=1"]] });
      response.headers.append("set-cookie", "b=2");
      return response;
    });
    using client = await port.connect();
    await client.send("PUT /a/b%20c?d=e&d=f HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 3\r\n\r\nabc");
    const { status, head, body } = await client.reply();
    deepStrictEqual(got, ["PUT", "/a/b%20c", "?d=e&d=f", "1, 2", "abc"]);
    deepStrictEqual([status, body], [418, "n\xc3\xa9"]); // the bytes of UTF-8
    match(head, /^x-b: 1$/im);
    deepStrictEqual(head.match(/^set-cookie: .*$/gim)?.map((line) => line.slice(-3)), ["a=1", "b=2"]);
  },

  async "a caller that leaves aborts the request"(open: Open): Promise<void> {
    for (const bytes of [`${GET}\r\n`, `${POST}Content-Length: 3\r\n\r\nabc`]) {
      const [begun, go] = [Promise.withResolvers<AbortSignal>(), Promise.withResolvers<void>()];
      await using port = await open(async (request) => {
        if (request.method === "HEAD") return new Response();
        await request.text();
        begun.resolve(request.signal);
        await go.promise;
        return new Response();
      });
      using client = await port.connect();
      await client.send(bytes);
      const signal = await begun.promise;
      client[Symbol.dispose]();
      const hasLeft = await inTime(() => signal.aborted, port);
      go.resolve();
      ok(hasLeft);
    }
  },

  async "a request that is answered is not aborted"(open: Open): Promise<void> {
    const signals: AbortSignal[] = [];
    await using port = await open(async (request) => {
      signals.push(request.signal);
      return await echo(request);
    });
    using client = await port.connect();
    for (let n = 0; n < 2; n += 1) {
      await client.send(`${POST}Content-Length: 1\r\n\r\na`);
      await client.reply();
    }
    await client.send(`${POST}Connection: close\r\nContent-Length: 1\r\n\r\na`);
    await client.rest();
    deepStrictEqual(signals.map(({ aborted }) => aborted), [false, false, false]);
  },

  async "a caller that leaves in the midst of a reply cancels it"(open: Open): Promise<void> {
    let isCancelled = false;
    await using port = await open((request) => {
      if (request.method === "HEAD") return Promise.resolve(new Response());
      let pulled = 0;
      const body = new ReadableStream({
        pull: (chunks) => ++pulled === MANY_CHUNKS ? chunks.close() : chunks.enqueue(CHUNK),
        cancel: () => void (isCancelled = true),
      });
      return Promise.resolve(new Response(body));
    });
    using client = await port.connect();
    await client.send(`${GET}\r\n`);
    await client.more();
    client[Symbol.dispose]();
    ok(await inTime(() => isCancelled, port));
  },

  async "a reply that comes when its caller has left is cancelled"(open: Open): Promise<void> {
    const begun = Promise.withResolvers<void>();
    let isCancelled = false;
    await using port = await open(async (request) => {
      if (request.method === "HEAD") return new Response();
      const left = new Promise((left) => request.signal.addEventListener("abort", left));
      begun.resolve();
      await left;
      return new Response(new ReadableStream({ cancel: () => void (isCancelled = true) }));
    });
    using client = await port.connect();
    await client.send(`${GET}\r\n`);
    await begun.promise;
    client[Symbol.dispose]();
    ok(await inTime(() => isCancelled, port));
  },

  async "a request's body that breaks off is never whole"(open: Open): Promise<void> {
    for (const head of ["Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"]) {
      const [begun, read] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
      await using port = await open(async (request) => {
        const reader = request.body!.getReader();
        await reader.read();
        begun.resolve();
        await reader.read().then(({ done }) => read.resolve(`read, done ${done}`), () => read.resolve("broke off"));
        return new Response();
      });
      using client = await port.connect();
      await client.send(POST + head);
      await begun.promise;
      client[Symbol.dispose]();
      strictEqual(await read.promise, "broke off");
    }
  },

  async "a reply that breaks off does not end as a whole one"(open: Open): Promise<void> {
    for (const headers of [{}, { "content-length": "10" }]) {
      await using port = await open(() => {
        let pulls = 0;
        const body = new ReadableStream({
          pull(chunks) {
            if (pulls++ === 0) chunks.enqueue(new TextEncoder().encode("abc"));
            else chunks.error(new Error("broken"));
          },
        });
        return Promise.resolve(new Response(body, { headers }));
      });
      using client = await port.connect();
      await client.send(`${GET}\r\n`);
      const text = await client.rest(); // it hangs up, also where it was to keep the connection
      ok(!text.endsWith("0\r\n\r\n"), text);
      ok(!/^content-length: 3$/im.test(text), text);
    }
  },

  async "a reader that pauses holds the reply back, and gets all of it"(open: Open): Promise<void> {
    const warnings: Error[] = [];
    const warned = (warning: Error) => void warnings.push(warning); // it would be a line in the log that is no JSON
    process.on("warning", warned);
    let pulled = 0;
    await using port = await open((request) => {
      if (request.method === "HEAD") return Promise.resolve(new Response());
      const body = new ReadableStream({
        pull(chunks) {
          chunks.enqueue(CHUNK);
          if (++pulled === MANY_CHUNKS) chunks.close();
        },
      }, { highWaterMark: 0 });
      return Promise.resolve(new Response(body, { headers: { "content-length": `${MANY_CHUNKS * CHUNK.length}` } }));
    });
    using client = await port.connect();
    await client.send(`${GET}Connection: close\r\n\r\n`);
    await client.more();
    ok(await settled(() => pulled, port) < MANY_CHUNKS);
    strictEqual(await client.count("a"), MANY_CHUNKS * CHUNK.length);
    process.off("warning", warned);
    deepStrictEqual(warnings, []);
  },

  async "a body that nobody reads yet holds its sender back, and comes whole"(open: Open): Promise<void> {
    const go = Promise.withResolvers<void>();
    await using port = await open(async (request) => {
      if (request.method === "HEAD") return new Response();
      await go.promise;
      let bytes = 0;
      for await (const chunk of request.body!) bytes += chunk.length;
      return new Response(String(bytes));
    });
    using client = await port.connect();
    let sent = 0;
    const sending = (async () => {
      await client.send(`${POST}Content-Length: ${MANY_CHUNKS * CHUNK.length}\r\n\r\n`);
      for (; sent < MANY_CHUNKS; sent += 1) await client.send(CHUNK);
    })();
    ok(await settled(() => sent, port) < MANY_CHUNKS);
    go.resolve();
    await sending;
    strictEqual((await client.reply()).body, String(MANY_CHUNKS * CHUNK.length));
  },

  async "a connection is kept from one request to the next, also of other kinds"(open: Open): Promise<void> {
    await using port = await open(async (request) =>
      request.method === "GET" ? new Response("got") : await echo(request)
    );
    using client = await port.connect();
    for (const length of [0, 1, 100_000]) {
      await client.send(`${POST}Content-Length: ${length}\r\n\r\n${"a".repeat(length)}`);
      strictEqual((await client.reply()).body.length, length);
      await client.send(`${GET}\r\n`);
      strictEqual((await client.reply()).body, "got");
    }
    await client.send(`${GET}Connection: close\r\n\r\n`);
    match(await client.rest(), /^connection: close$/im);
  },

  async "a body that is not read is no request, and who may keep the connection is answered there"(
    open: Open,
  ): Promise<void> {
    const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for (const length of [smuggled.length, 1_000_000]) {
      const paths: string[] = [];
      await using port = await open((request) => {
        paths.push(new URL(request.url).pathname);
        return Promise.resolve(new Response("unread"));
      });
      using client = await port.connect();
      await client.send(`${POST}Content-Length: ${length}\r\n\r\n`);
      const { head, body } = await client.reply(); // it waits for nothing that nobody reads
      strictEqual(body, "unread");
      await client.send(smuggled.padEnd(length, " "));
      await client.send("GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      let rest: string | undefined;
      void client.rest().then((text) => rest = text);
      ok(await inTime(() => rest !== undefined, port));
      if (!/^connection: close$/im.test(head) && length < CHUNK.length) match(rest!, /unread/);
      deepStrictEqual(paths.filter((path) => path === "/smuggled"), []);
    }
  },

  async "the first chunk of a reply is out before the second is made"(open: Open): Promise<void> {
    const go = Promise.withResolvers<void>();
    await using port = await open(() => {
      const chunks = async function* () {
        yield new TextEncoder().encode("first");
        await go.promise;
        yield new TextEncoder().encode("second");
      };
      return Promise.resolve(new Response(ReadableStream.from(chunks())));
    });
    using client = await port.connect();
    await client.send(`${GET}\r\n`);
    while (!client.text.includes("first")) await client.more();
    go.resolve();
    strictEqual((await client.reply()).body, "firstsecond");
  },

  async "the first chunk of a body is read before the second is sent"(open: Open): Promise<void> {
    const first = Promise.withResolvers<string>();
    await using port = await open(async (request) => {
      let text = "";
      for await (const chunk of request.body!.pipeThrough(new TextDecoderStream() as TransformStream)) {
        text += chunk;
        if (text.length >= 5) first.resolve(text);
      }
      return new Response(text);
    });
    using client = await port.connect();
    await client.send(`${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`);
    strictEqual(await first.promise, "first");
    await client.send("6;a=b\r\nsecond\r\n0\r\nX-Trailer: 1\r\n\r\n");
    strictEqual((await client.reply()).body, "firstsecond");
  },

  async "large bodies go both ways, told by their length and in chunks"(open: Open): Promise<void> {
    await using port = await open((request) =>
      Promise.resolve(new Response(request.body, { headers: { "x-length": request.headers.get("content-length")! } }))
    );
    const text = "0123456789".repeat(LARGE_BYTES / 10 + 1).slice(0, LARGE_BYTES);
    const chunks = `${LARGE_BYTES.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    for (
      const [head, body] of [[`Content-Length: ${LARGE_BYTES}`, text], ["Transfer-Encoding: chunked", chunks]] as const
    ) {
      using client = await port.connect();
      const sending = client.send(`${POST}Connection: close\r\n${head}\r\n\r\n${body}`);
      const reply = await client.rest();
      await sending;
      ok(contentOf(reply) === text, "it came back otherwise");
    }
  },

  async "HEAD, 204 and 304 have no body, and the next request is answered"(open: Open): Promise<void> {
    await using port = await open((request) => {
      const status = Number(new URL(request.url).pathname.slice(1));
      return Promise.resolve(new Response(status === 200 ? "abc" : null, { status, headers: { "x-a": "1" } }));
    });
    using client = await port.connect();
    for (const [method, status] of [["HEAD", 200], ["GET", 204], ["POST", 204], ["GET", 304]] as const) {
      await client.send(`${method} /${status} HTTP/1.1\r\nHost: x\r\n\r\n`);
      while (!client.text.includes("\r\n\r\n")) await client.more();
      const head = client.take();
      match(head, new RegExp(`^HTTP/1.1 ${status} [^]*^x-a: 1\r$[^]*\r\n\r\n$`, "im"));
      if (status === 204) ok(!/^(content-length|transfer-encoding):/im.test(head), head); // RFC 9110, 8.6; 9112, 6.1
    }
    await client.send("GET /200 HTTP/1.1\r\nHost: x\r\n\r\n");
    strictEqual((await client.reply()).body, "abc");
  },

  async "bytes that are no request are answered as such, behind what was asked before, and nothing is asked"(
    open: Open,
  ): Promise<void> {
    const paths: string[] = [];
    await using port = await open((request) => {
      paths.push(new URL(request.url).pathname);
      return Promise.resolve(new Response("asked"));
    });
    const body = "Content-Length: 1\r\n";
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    for (
      const bytes of [
        "FOO\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        `${POST}no colon\r\n\r\n`,
        `${POST}Content-Length: -1\r\n\r\n`,
        `${POST}${body}Content-Length: 2\r\n\r\nab`,
        `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
        ...[70_000, 70_000, 70_000, 1_000_000].map((length) => `${POST}X-A: ${"a".repeat(length)}\r\n${body}\r\na`),
        `${POST}${body}${upgrade}\r\na`,
        `${POST}Transfer-Encoding: chunked\r\n${upgrade}\r\n0\r\n\r\n`,
      ]
    ) {
      using client = await port.connect();
      await client.send(bytes);
      match(await client.rest(), /^HTTP\/1\.1 4(00|31) [^]*^connection: close\r$/im);
    }
    using client = await port.connect();
    await client.send(`${GET}\r\nFOO\r\n\r\n`);
    strictEqual((await client.reply()).body, "asked");
    match(await client.rest(), /^HTTP\/1\.1 400 /);
    deepStrictEqual(paths, ["/"]);
  },

  async "pipelined requests are answered in their order, also where the first takes longer"(open: Open): Promise<void> {
    const go = Promise.withResolvers<void>();
    await using port = await open(async (request) => {
      const text = await request.text();
      if (text === "1") await go.promise;
      else go.resolve();
      return new Response(text);
    });
    using client = await port.connect();
    await client.send(["1", "2", "3"].map((n) => `${POST}Content-Length: 1\r\n\r\n${n}`).join(""));
    using other = await port.connect(); // a port may take the second only when the first is answered
    await other.send(`${POST}Content-Length: 1\r\n\r\n4`);
    strictEqual((await other.reply()).body, "4");
    deepStrictEqual([await client.reply(), await client.reply(), await client.reply()].map(({ body }) => body), [
      "1",
      "2",
      "3",
    ]);
  },

  async "who waits to be told is told to go on when the body is read"(open: Open): Promise<void> {
    await using port = await open(echo);
    using client = await port.connect();
    await client.send(`${POST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`);
    strictEqual((await client.reply()).status, 100);
    await client.send("abc");
    deepStrictEqual((({ status, body }) => [status, body])(await client.reply()), [201, "abc"]);
  },

  async "HTTP/1.0 is answered by the end of the connection or a length, never in chunks"(open: Open): Promise<void> {
    await using port = await open(() => Promise.resolve(new Response(ReadableStream.from([CHUNK.subarray(0, 3)]))));
    using client = await port.connect();
    await client.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
    const text = await client.rest();
    match(text, /\r\n\r\naaa$/);
    ok(!/^transfer-encoding/im.test(text));
  },

  async "a port that shuts down answers what it has, hangs up on who waits for nothing, and takes no more"(
    open: Open,
  ): Promise<void> {
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using port = await open(async (request) => {
      if (request.method === "GET") return new Response();
      begun.resolve();
      await go.promise;
      return await echo(request);
    });
    using idle = await port.connect();
    await idle.send(`${GET}\r\n`);
    await idle.reply();
    using busy = await port.connect();
    await busy.send(`${POST}Content-Length: 1\r\n\r\na`);
    await begun.promise;
    const shut = port.shutdown();
    await idle.rest();
    await rejects(async () => {
      using late = await port.connect();
      await late.send(`${GET}\r\n`);
      await late.reply();
    });
    go.resolve();
    strictEqual((await busy.reply()).body, "a");
    await busy.rest();
    await shut;
  },
};

/** Whether something becomes true before many others have been answered. */
async function inTime(isTrue: () => boolean, port: OpenedPort): Promise<boolean> {
  for (let round = 0; round < 100 && !isTrue(); round += 1) await askOnce(port);
  return isTrue();
}

async function askOnce(port: OpenedPort): Promise<void> {
  using client = await port.connect();
  await client.send(`HEAD / HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.more();
}

/** Waits until a number grows no more while other callers are answered. */
async function settled(number: () => number, port: OpenedPort): Promise<number> {
  for (let before = -1; before < number();) {
    before = number();
    for (let round = 0; round < 8; round += 1) await askOnce(port);
  }
  return number();
}

/** The body of a reply that came whole, whichever way it is framed. */
function contentOf(reply: string): string {
  const end = reply.indexOf("\r\n\r\n") + 4;
  if (!/^transfer-encoding: chunked/im.test(reply.slice(0, end))) return reply.slice(end);
  const pieces: string[] = [];
  for (let at = end;;) {
    const line = reply.indexOf("\r\n", at);
    const size = parseInt(reply.slice(at, line), 16);
    if (size === 0) return pieces.join("");
    pieces.push(reply.slice(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
