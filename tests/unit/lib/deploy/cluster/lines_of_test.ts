import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { linesOf } from "../../../../../lib/deploy/cluster/lines_of.ts";

const PLACE = { name: "test", server: "https://a.test", namespace: "shop" };

function bodyOf(parts: Iterable<Uint8Array>, onEnd: () => void = () => {}): Response {
  const left = parts[Symbol.iterator]();
  return new Response(
    new ReadableStream({
      pull(controller) {
        const { done, value } = left.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: onEnd,
    }),
  );
}

Deno.test("linesOf() has whole lines, wherever they are cut", async () => {
  const text = "a\n\näöü€\r\nlast";
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size++) {
    const parts = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, n) => bytes.slice(n * size, (n + 1) * size),
    );
    deepStrictEqual(await Array.fromAsync(linesOf("read", PLACE, bodyOf(parts))), ["a", "äöü€\r", "last"]);
  }
  deepStrictEqual(await Array.fromAsync(linesOf("read", PLACE, new Response(null))), []);
});

Deno.test("linesOf() hangs up when nobody takes more", async () => {
  let hasEnded = false;
  const endless = (function* () {
    for (;;) yield new TextEncoder().encode("line\n");
  })();
  for await (const _ of linesOf("read", PLACE, bodyOf(endless, () => hasEnded = true))) break;
  strictEqual(hasEnded, true);
});

Deno.test("linesOf() refuses a line without end, and is quick with long ones", async () => {
  const part = new Uint8Array(64 * 1024).fill(0x61);
  const endless = (function* () {
    for (;;) yield part;
  })();
  await rejects(Array.fromAsync(linesOf("read", PLACE, bodyOf(endless))), {
    name: "ClusterError",
    message: "Cannot read: a line of the answer is longer than 16777216 letters",
  });
});
