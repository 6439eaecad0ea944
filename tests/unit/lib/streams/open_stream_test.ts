import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { DummyStream } from "../../../../lib/streams/dummy_stream.ts";
import { openStream } from "../../../../lib/streams/open_stream.ts";

Deno.test("openStream() names the kinds there are when there is none for a path", async () => {
  for (const path of ["carrier-pigeon://a", "orders", "", "toString://a", "memory:a"]) {
    await rejects(openStream(path), {
      name: "StreamError",
      message: /the kinds of streams are memory:\/\/, local:\/\/, /,
    });
  }
});

Deno.test("openStream() opens the same stream in this process by the same path", async () => {
  const name = `memory://${crypto.randomUUID()}`;
  await using one = await openStream(name);
  await using other = await openStream(name);
  await one.publish([{ body: 1 }]);
  strictEqual(await other.lag("g"), 1);
});

Deno.test("openStream() of dummy:// keeps a list to look at, each its own", async () => {
  const stream = await openStream<{ n: number }>("dummy://");
  const other = await openStream("dummy://");
  const body = { n: 1 };
  await stream.publish([{ body, key: "k" }]);
  body.n = 2;
  deepStrictEqual((stream as DummyStream<{ n: number }>).records.map(({ body, key }) => [body, key]), [[
    { n: 1 },
    "k",
  ]]);
  deepStrictEqual([await stream.lag("g"), await other.lag("g")], [1, 0]);
  await rejects(stream.subscribe({ group: "g" }), /only keeps a list/);
  await stream.close();
  await rejects(stream.publish([{ body: { n: 1 } }]), /it is closed/);
});
