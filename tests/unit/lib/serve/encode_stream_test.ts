import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { serving } from "../../../../lib/functions/serving.ts";

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
