import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { serving } from "../../../../lib/functions/serving.ts";
import { encodeStream } from "../../../../lib/serve/encode_stream.ts";

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
