import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../../lib/errors.ts";
import type { Context } from "../../../../../lib/graph/context.ts";
import { serving } from "../../../../../lib/functions/serving.ts";
import { encodeStream } from "../../../../../lib/serve/reply/encode_stream.ts";

async function answer(chunks: unknown[], headers: HeadersInit = {}): Promise<[type: string | null, text: string]> {
  const fn = serving("streaming");
  fn.setTopology("flow").to("stream", function* (_body: unknown) {
    yield* chunks;
  }).respond();
  await using server = await fn.toMockServer();
  const response = await server.test("/", 1, { headers, silent: true });
  return [response.headers.get("content-type"), await response.text()];
}

Deno.test("encodeStream() writes text as text, bytes as bytes, and else a line of JSON each", async () => {
  deepStrictEqual(await answer(["a", "b\n"]), ["text/plain; charset=utf-8", "ab\n"]);
  deepStrictEqual(await answer([new Uint8Array([65]), "B"]), ["application/octet-stream", "AB"]);
  deepStrictEqual(await answer([{ n: 1 }, 2, "three", null]), ["application/x-ndjson", '{"n":1}\n2\n"three"\nnull\n']);
});

Deno.test("encodeStream() writes server-sent events for callers that take them, line by line", async () => {
  deepStrictEqual(await answer([{ n: 1 }, "a\nb\r\nc"], { accept: "text/event-stream" }), [
    "text/event-stream",
    'data: {"n":1}\n\ndata: a\ndata: b\ndata: c\n\n',
  ]);
});

Deno.test("encodeStream() has whole characters arrive, wherever bytes are cut, and tells where the last is not whole", async () => {
  const bytes = new TextEncoder().encode("é😀");
  const pieces = [...bytes].map((byte) => new Uint8Array([byte]));
  const accept = "text/event-stream";
  deepStrictEqual(await answer(pieces, { accept }), [accept, "data: é\n\ndata: 😀\n\n"]);
  deepStrictEqual((await answer(["> ", ...pieces]))[1], "> é😀");
  const [, cut] = await answer(["> ", ...pieces.slice(0, -1)], { accept });
  match(cut, /^data: > \n\ndata: é\n\nevent: error\ndata: .*its bytes are not UTF-8/);
});

Deno.test("MockServer.test() gives the chunks of a streamed reply as a list", async () => {
  const fn = serving("streaming");
  fn.setTopology("flow").to("count", function* (to: number) {
    for (let n = 1; n <= to; n++) yield n;
  }).respond();
  await using server = await fn.toMockServer();
  deepStrictEqual(await server.test("/", 3), [1, 2, 3]);
});

Deno.test("encodeStream() stops the step when the caller cancels the body", async () => {
  let isStopped = false;
  const fn = serving("streaming");
  fn.setTopology("flow").to("count", function* (_body: unknown) {
    try {
      for (let n = 0;; n++) yield n;
    } finally {
      isStopped = true;
    }
  }).respond();
  await using server = await fn.toMockServer();
  const response = await server.test("/", 1, { silent: true });
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  await server.waitForCompletion();
  strictEqual(isStopped, true);
});

Deno.test("encodeStream() says something now and then to a reader of events while the next chunk is awaited", async () => {
  const heard = Promise.withResolvers<void>();
  async function* slowly() {
    yield "first";
    await heard.promise; // only a reader that has got a comment resolves it
    yield "second";
  }
  const response = await encodeStream(slowly(), { accept: "text/event-stream", id: "e1", keepAliveMs: 1 });
  let text = "";
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (part === ":\n\n") heard.resolve();
  }
  strictEqual(text.replaceAll(":\n\n", ""), "data: first\n\ndata: second\n\n");
});

Deno.test("encodeStream() leaves no timer behind when the reader leaves while a chunk is awaited", async () => {
  const left = Promise.withResolvers<void>();
  await using server = await openStreaming(async function* () {
    yield "first";
    await left.promise;
  });
  const response = await server.test("/", 1, { headers: { accept: "text/event-stream" }, silent: true });
  const reader = response.body!.getReader();
  await reader.read();
  const waiting = reader.read();
  await reader.cancel();
  strictEqual((await waiting).done, true);
  left.resolve();
});

function openStreaming(stream: () => AsyncGenerator<string>) {
  const fn = serving("streaming");
  fn.setTopology("flow").to("stream", (_body: unknown) => stream()).respond();
  return fn.toMockServer();
}

Deno.test("App.fetch() answers a stream without chunks as an event that ended on its way: 204, no body", async () => {
  deepStrictEqual(await answer([]), [null, ""]);
  deepStrictEqual(await answer([], { accept: "text/event-stream" }), [null, ""]);
});

Deno.test("encodeStream() writes chunks that are none as an empty body", async () => {
  const response = await encodeStream([][Symbol.iterator]() as never, { accept: "text/event-stream", id: "e1" });
  deepStrictEqual([response.headers.get("content-type"), await response.text()], ["text/event-stream", ""]);
});

Deno.test("MockServer.test() throws what a streamed reply breaks off with", async () => {
  const fn = serving("streaming");
  fn.setTopology("flow").to("break", function* (_body: unknown) {
    yield { n: 1 };
    throw new StatusError(429, "enough");
  }).respond();
  await using server = await fn.toMockServer();
  await rejects(server.test("/", 1), { name: "ReplyError", status: 429, message: /by step "break": enough/ });
});

// Over a real socket: what a client gets, when, and what becomes of the step behind it.

type Handler = (body: unknown, context: Context) => unknown;

interface Served extends AsyncDisposable {
  readonly url: string;
  /** The log's lines. */
  readonly told: string[];
}

/** Serves one step on a loopback port, as `levada serve` does. */
async function serve(stream: Handler): Promise<Served> {
  const told: string[] = [];
  const line = (text: string) => void told.push(text);
  const fn = serving("streaming");
  fn.setTopology("flow").to("stream", stream).respond();
  const server = await fn.serve({ port: 0, log: { debug: line, info: line, warn: line, error: line } });
  return {
    url: `http://127.0.0.1:${server.port}/`,
    told,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function ask(url: string, headers: HeadersInit = {}): Promise<Response> {
  return fetch(url, { method: "POST", body: "1", headers: { "content-type": "application/json", ...headers } });
}

/** A client that only opens its hand when it is told to: nothing reads ahead for it. */
async function open(url: string): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const head = `POST / HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n1`;
  await connection.write(new TextEncoder().encode(head));
  return connection;
}

Deno.test("encodeStream() has the first chunk out on the socket before the second is made", async () => {
  const got = Promise.withResolvers<void>();
  await using served = await serve(async function* () {
    yield { n: 1 };
    await got.promise; // only a client that has the first chunk resolves it
    yield { n: 2 };
  });
  const reader = (await ask(served.url)).body!.pipeThrough(new TextDecoderStream()).getReader();
  strictEqual((await reader.read()).value, '{"n":1}\n');
  got.resolve();
  strictEqual((await reader.read()).value, '{"n":2}\n');
  strictEqual((await reader.read()).done, true);
});

Deno.test("encodeStream() asks the step for no more than a slow reader's socket holds", async () => {
  const CHUNK_BYTES = 2 ** 20;
  const CHUNKS = 100;
  let made = 0;
  await using served = await serve(function* (body) {
    if (body !== 1) yield "another request"; // it passes the stalled one
    else for (; made < CHUNKS; made++) yield new Uint8Array(CHUNK_BYTES).fill(65);
  });
  using connection = await open(served.url);
  const buffer = new Uint8Array(65_536);
  ok(await connection.read(buffer) !== null); // the reply has begun, and its reader now pauses
  let still = 0;
  for (let before = made; still < 20; before = made) {
    const other = await fetch(served.url, {
      method: "POST",
      body: "2",
      headers: { "content-type": "application/json" },
    });
    strictEqual(await other.text(), "another request");
    still = made === before ? still + 1 : 0;
  }
  ok(made < CHUNKS / 2, `${made} chunks were made for a reader that took a part of one`);
  let bytes = 0;
  while (bytes < CHUNKS * CHUNK_BYTES * 0.9) bytes += await connection.read(buffer) ?? Infinity;
  ok(made > CHUNKS * 0.8, `${made} chunks were made for a reader that took nearly all`);
});

Deno.test("encodeStream() stops a step that makes chunk after chunk when the reader leaves", async () => {
  const stopped = Promise.withResolvers<string>();
  await using served = await serve(async function* () {
    try {
      for (let n = 0;; n++) yield await Promise.resolve({ n });
    } finally {
      stopped.resolve("stopped");
    }
  });
  const connection = await open(served.url);
  await connection.read(new Uint8Array(100));
  connection.close();
  strictEqual(await stopped.promise, "stopped");
});

Deno.test("encodeStream() tells a step that waits, by its signal, when the reader leaves", async () => {
  const stopped = Promise.withResolvers<string>();
  await using served = await serve(async function* (_body, { signal }) {
    try {
      yield "first";
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("left"))));
    } finally {
      stopped.resolve("stopped");
    }
  });
  const connection = await open(served.url);
  await connection.read(new Uint8Array(1_000));
  connection.close();
  strictEqual(await stopped.promise, "stopped");
});

async function* breaks(chunk: unknown) {
  yield chunk;
  await Promise.resolve();
  throw new RangeError("no more");
}

Deno.test("encodeStream() tells what fails behind the first chunk: as an event, as a last line, or by breaking off", async () => {
  await using objects = await serve(() => breaks({ n: 1 }));
  const events = await ask(objects.url, { accept: "text/event-stream", "mlrun-event-id": "e1" });
  strictEqual(events.status, 200);
  strictEqual(
    await events.text(),
    'data: {"n":1}\n\nevent: error\ndata: {"error":"no more","step":"stream","id":"e1","status":500}\n\n',
  );
  const lines = await ask(objects.url, { "mlrun-event-id": "e2" });
  deepStrictEqual((await lines.text()).trim().split("\n").map((line) => JSON.parse(line)), [
    { n: 1 },
    { error: "no more", step: "stream", id: "e2", status: 500 },
  ]);
  await using texts = await serve(() => breaks("one"));
  const text = await ask(texts.url);
  strictEqual(text.status, 200);
  await rejects(text.text(), TypeError);
});

Deno.test("encodeStream() answers what fails before the first chunk as every other failure, whatever form was asked for", async () => {
  await using served = await serve(async function* () {
    yield await Promise.reject(new RangeError("nothing at all"));
  });
  for (const accept of ["text/event-stream", "application/x-ndjson", "*/*"]) {
    const response = await ask(served.url, { accept, "mlrun-event-id": "e3" });
    strictEqual(response.status, 500);
    deepStrictEqual(await response.json(), { error: "nothing at all", step: "stream", id: "e3" });
  }
});

Deno.test("encodeStream() tells of a chunk that JSON cannot hold, and stops the step", async () => {
  let isStopped = false;
  await using served = await serve(function* () {
    try {
      yield { n: 1 };
      yield { n: NaN };
      yield { n: 3 };
    } finally {
      isStopped = true;
    }
  });
  const lines = (await (await ask(served.url)).text()).trim().split("\n");
  strictEqual(lines.length, 2);
  match(lines[1]!, /Cannot send a chunk as JSON: n is NaN/);
  strictEqual(isStopped, true);
});

Deno.test("App.fetch() answers 400 to a body that is no JSON, not a stream", async () => {
  await using served = await serve(function* () {
    yield 1;
  });
  const response = await fetch(served.url, {
    method: "POST",
    body: "{bad",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
  });
  strictEqual(response.status, 400);
  strictEqual(response.headers.get("content-type"), "application/json");
  match((await response.json()).error, /Cannot read the body as application\/json/);
});
