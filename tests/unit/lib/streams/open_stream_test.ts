import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { DummyStream } from "../../../../lib/streams/dummy_stream.ts";
import { deadLetters } from "../../../../lib/streams/dead_letters.ts";
import { openStream } from "../../../../lib/streams/open_stream.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

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

Deno.test("openStream() of local:// keeps a file in LEVADA_STATE, its dead letters beside it", async () => {
  await using folder = await temporaryFolder();
  const before = Deno.env.get("LEVADA_STATE");
  Deno.env.set("LEVADA_STATE", folder.path);
  try {
    await using stream = await openStream<number>("local://shop/orders");
    await stream.publish([{ body: 1, key: "k" }, { body: 2, key: "k" }]);
    const { value } = await (await stream.subscribe({ group: "g" })).next();
    await value!.bury(new RangeError("no such customer"));
    const letters = deadLetters<number>("local://shop/orders");
    const found = await letters.list();
    deepStrictEqual(found.map(({ body, error }) => [body, error?.message]), [
      [1, "no such customer"],
      [2, "no such customer"],
    ]);
    strictEqual(await letters.replay([{ ...found[0]!, body: 3 }]), 1);
    deepStrictEqual((await letters.list()).map(({ body }) => body), [2]);
    strictEqual(await stream.lag("g"), 1);
    const files = [...Deno.readDirSync(`${folder.path}/streams/shop`)].map(({ name }) => name);
    deepStrictEqual(files.filter((name) => name.endsWith(".db")).sort(), ["orders-dead-letters.db", "orders.db"]);
  } finally {
    if (before === undefined) Deno.env.delete("LEVADA_STATE");
    else Deno.env.set("LEVADA_STATE", before);
  }
});
