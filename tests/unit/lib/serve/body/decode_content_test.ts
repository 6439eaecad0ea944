import { setImmediate } from "node:timers";
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { decodeContent } from "../../../../../lib/serve/body/decode_content.ts";

const MANY = 2 ** 20;

async function packed(bytes: Uint8Array<ArrayBuffer>, format: CompressionFormat): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream(format))).arrayBuffer(),
  );
}

Deno.test("decodeContent() unpacks gzip and deflate, and leaves what is not packed", async () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * index) % 251);
  for (const coding of ["gzip", "deflate"] as const) {
    deepStrictEqual(
      await decodeContent(await packed(bytes, coding), { coding: ` ${coding.toUpperCase()}`, limitBytes: MANY }),
      bytes,
    );
  }
  strictEqual(await decodeContent(bytes, { coding: "identity", limitBytes: 1 }), bytes);
  const empty = await packed(new Uint8Array(), "gzip");
  deepStrictEqual(await decodeContent(empty, { coding: "x-gzip", limitBytes: 1 }), new Uint8Array());
});

Deno.test("decodeContent() gives up a bomb as soon as it is larger than the limit", async () => {
  const bomb = gzipSync(new Uint8Array(200 * MANY));
  const before = Deno.memoryUsage().external;
  await rejects(decodeContent(bomb, { coding: "gzip", limitBytes: MANY }), {
    status: 413,
    message: `Cannot take the body: unpacked it has more than ${MANY} bytes`,
  });
  strictEqual(Deno.memoryUsage().external - before < 50 * MANY, true);
});

Deno.test("decodeContent() takes exactly the limit", async () => {
  const bytes = new Uint8Array(1_000);
  strictEqual((await decodeContent(await packed(bytes, "gzip"), { coding: "gzip", limitBytes: 1_000 })).length, 1_000);
  await rejects(decodeContent(await packed(bytes, "gzip"), { coding: "gzip", limitBytes: 999 }), { status: 413 });
});

Deno.test("decodeContent() refuses what is no packed body, and codings that it has not", async () => {
  const good = await packed(new Uint8Array(10_000).map((_, index) => index % 7), "gzip");
  const broken = [new Uint8Array([1, 2, 3]), good.subarray(0, good.length - 9), Uint8Array.from([...good, 1, 2, 3])];
  for (const bytes of broken) {
    await rejects(decodeContent(bytes, { coding: "gzip", limitBytes: MANY }), {
      status: 400,
      message: /Cannot unpack the body as gzip/,
    });
  }
  await rejects(decodeContent(good, { coding: "deflate", limitBytes: MANY }), { status: 400 });
  for (const coding of ["br", "gzip, gzip", "zip", "x".repeat(1_000)]) {
    await rejects(decodeContent(good, { coding, limitBytes: MANY }), { status: 415, message: /send gzip or deflate/ });
  }
});

Deno.test("decodeContent() takes gzip of several members, and nothing that is cut off anywhere or goes on behind its end", async () => {
  const text = Uint8Array.from({ length: 2_000 }, (_, index) => (index * index) % 251);
  const [gzip, deflate] = [await packed(text, "gzip"), await packed(text, "deflate")];
  const two = await decodeContent(new Uint8Array([...gzip, ...gzip]), { coding: "gzip", limitBytes: MANY });
  deepStrictEqual(two, new Uint8Array([...text, ...text]));
  await rejects(decodeContent(new Uint8Array([...gzip, ...gzip]), { coding: "gzip", limitBytes: 3_999 }), {
    status: 413,
  });
  for (const [coding, whole] of [["gzip", gzip], ["deflate", deflate]] as const) {
    for (let length = 1; length < whole.length; length += 7) {
      await rejects(decodeContent(whole.subarray(0, length), { coding, limitBytes: MANY }), { status: 400 });
    }
    await rejects(decodeContent(whole.subarray(0, -1), { coding, limitBytes: MANY }), {
      status: 400,
      message: `Cannot unpack the body as ${coding}: unexpected end of file`,
    });
    await rejects(decodeContent(new Uint8Array([...whole, 0, 0]), { coding, limitBytes: MANY }), {
      status: 400,
      message: `Cannot unpack the body as ${coding}: 2 bytes stand behind its end`,
    });
  }
  await rejects(decodeContent(new Uint8Array([...deflate, ...deflate]), { coding: "deflate", limitBytes: MANY }), {
    status: 400,
  });
});

Deno.test("decodeContent() gives others turns while it unpacks what is large", async () => {
  const bytes = gzipSync(new Uint8Array(20 * MANY));
  let turns = 0;
  let isOver = false;
  const count = () => { // not by a timer, which a busy machine calls seldom
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await decodeContent(bytes, { coding: "gzip", limitBytes: 20 * MANY });
  isOver = true;
  strictEqual(turns >= 5, true, `${turns} turns`);
});
