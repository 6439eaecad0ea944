import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { fenceText, readPipe } from "../../../../kernel/engine/pipe.ts";

const TOKEN = "t0ken";
const WRITTEN = `one ü 日${fenceText(TOKEN, 1)}two\u0001t0k${fenceText(TOKEN, 12)}${fenceText(TOKEN, 13)}three`;
const TAKEN = ["one ü 日", 1, "two\u0001t0k", 12, 13, "three"];

async function read(pieces: readonly Uint8Array[]): Promise<(string | number)[]> {
  const taken: (string | number)[] = [];
  await readPipe(ReadableStream.from(pieces), TOKEN, {
    text: (text) => {
      if (typeof taken.at(-1) === "string") taken.push(`${taken.pop()}${text}`);
      else taken.push(text);
    },
    fence: (number) => void taken.push(number),
  });
  return taken;
}

Deno.test("readPipe() finds fences, however the bytes are cut", async () => {
  const bytes = new TextEncoder().encode(WRITTEN);
  deepStrictEqual(await read([bytes]), TAKEN);
  deepStrictEqual(await read(Array.from(bytes, (byte) => Uint8Array.of(byte))), TAKEN);
  for (let cut = 1; cut < bytes.length; cut++) {
    deepStrictEqual(await read([bytes.slice(0, cut), bytes.slice(cut)]), TAKEN, `cut at ${cut}`);
  }
});

Deno.test("readPipe() gives the beginning of a fence that never ends as text", async () => {
  deepStrictEqual(await read([new TextEncoder().encode("a\u0001t0ken:5")]), ["a\u0001t0ken:5"]);
  deepStrictEqual(await read([]), []);
});

Deno.test("readPipe() takes bytes that are not UTF-8", async () => {
  deepStrictEqual(await read([Uint8Array.of(0x61, 0xff, 0x62)]), ["a\ufffdb"]);
});

Deno.test("readPipe() waits for the taker before it reads on", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let pulled = 0;
  const pipe = new ReadableStream<Uint8Array>({
    pull: (controller) => ++pulled > 3 ? controller.close() : controller.enqueue(Uint8Array.of(0x61)),
  }, { highWaterMark: 0 });
  const done = readPipe(pipe, TOKEN, { text: () => gate, fence: () => {} });
  await new Promise((resolve) => setTimeout(resolve, 0));
  strictEqual(pulled, 1);
  open();
  await done;
  strictEqual(pulled, 4);
});

Deno.test("readPipe() ends when it is told to", async () => {
  const leaving = new AbortController();
  const done = readPipe(new ReadableStream(), TOKEN, { text: () => {}, fence: () => {} }, leaving.signal);
  leaving.abort();
  await done;
});
