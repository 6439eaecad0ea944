import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { queue, serving, type ServingFunction } from "levada";
import { MANIFEST } from "../../../../../lib/bundle/bundle.ts";
import { tellNewReaders } from "../../../../../lib/deploy/process/new_readers.ts";
import { openLocal } from "../../../../../lib/streams/local/open_local.ts";
import { manifested } from "../../../../support/manifested.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

/** A function with a child behind a queue. */
function shop(child: string, { path }: { readonly path?: string } = {}): ServingFunction {
  const fn = serving("shop").addChildFunction(child);
  fn.setTopology("flow").to("q", queue<number>(path === undefined ? {} : { path })).to("do", (n: number) => n, {
    function: child,
  });
  return fn;
}

/** A state folder with a stream of so many records, of which a group has done some. */
async function stateOf(path: string, records: number, done: Readonly<Record<string, number>> = {}) {
  const folder = await temporaryFolder();
  await using stream = await openLocal<number>(path, { folder: join(folder.path, "streams") });
  await stream.publish(Array.from({ length: records }, (_, body) => ({ body })));
  for (const [group, maxRecords] of Object.entries(done)) {
    await using reader = await stream.subscribe({ group, maxRecords: Math.max(1, maxRecords) });
    if (maxRecords > 0) await (await reader.next()).value!.ack();
  }
  return { folder: { state: folder.path }, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

Deno.test("tellNewReaders() tells of a function that was renamed how many records it would do, how many of them are done, and how to go on", async () => {
  await using one = await stateOf("local://shop/q?partitions=1", 1_200, { "shop-work": 200 });
  const before = manifested(shop("work"));
  deepStrictEqual(await tellNewReaders(manifested(shop("labour")), { ...one, before }), [
    `function labour: reads local://shop/q from its first record on, since "shop-labour" has not read it before: there are 1,200. Group ` +
    `"shop-work", which ends, has 1,000 of them left: what it has done is done again. To go on where it is, keep the function's name, "work"`,
  ]);
  deepStrictEqual(await tellNewReaders(manifested(shop("labour")), { ...one, before: undefined }), [
    `function labour: reads local://shop/q from its first record on, since "shop-labour" has not read it before: there are 1,200`,
  ]);
});

Deno.test("tellNewReaders() says of triggers which group goes on, and how to leave old records out", async () => {
  await using one = await stateOf("local://orders", 3, { shop: 0 });
  const fed = (more: object) => {
    const fn = serving("shop").addTrigger("orders", { stream: "local://orders", ...more });
    fn.setTopology("flow").to("do", (n: number) => n);
    return manifested(fn);
  };
  const skip = `. To leave these out, say from: "end" of trigger "orders"`;
  const what =
    `function shop: reads local://orders from its first record on, since "other" has not read it before: there are 3`;
  deepStrictEqual(await tellNewReaders(fed({ group: "other" }), { ...one, before: fed({}) }), [
    `${what}. Group "shop", which ends, has 3 of them left: what it has done is done again. To go on where it is, say group: "shop" of ` +
    `trigger "orders"${skip}`,
  ]);
  deepStrictEqual(await tellNewReaders(fed({ group: "other" }), { ...one, before: undefined }), [`${what}${skip}`]);
  deepStrictEqual(await tellNewReaders(fed({ group: "other", from: "end" }), { ...one, before: fed({}) }), []);
});

Deno.test("tellNewReaders() tells nothing of groups that go on, of streams that are empty, not there, in memory, or cannot be asked", async () => {
  await using one = await stateOf("local://shop/q", 3, { "shop-work": 1 });
  deepStrictEqual(await tellNewReaders(manifested(shop("work")), { ...one, before: undefined }), []);
  deepStrictEqual(await tellNewReaders(manifested(shop("work")), { ...one, before: manifested(shop("work")) }), []);
  for (const path of ["local://none", "memory://q", "redis://127.0.0.1:1/q", "kafka://${NO_SUCH_SECRET}@h/q"]) {
    deepStrictEqual(await tellNewReaders(manifested(shop("other", { path })), { ...one, before: undefined }), [], path);
  }
  await using empty = await stateOf("local://shop/q", 0);
  deepStrictEqual(await tellNewReaders(manifested(shop("work")), { ...empty, before: undefined }), []);
  const old = {
    files: new Map([[MANIFEST, new TextEncoder().encode(JSON.stringify({ function: { name: "shop" } }))]]),
  };
  deepStrictEqual(await tellNewReaders(old, { ...one, before: undefined }), []); // of an older Levada
});

Deno.test("tellNewReaders() asks no broker for which the login is not known: one that is written out in a path is in no bundle", async () => {
  let heard = 0;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      heard++;
      connection.close();
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const tell = async (path: string) =>
    await tellNewReaders(manifested(shop("work", { path })), {
      folder: { state: "/none" },
      before: undefined,
    });
  for (const kind of ["redis", "nats", "kafka"]) {
    deepStrictEqual(await tell(`${kind}://ann:letmein@127.0.0.1:${port}/q`), [
      `function work: reads ${kind}://127.0.0.1:${port}/q as "shop-work": nobody can tell how many records it reads from the first on, since a ` +
      "login is written out in its path, which no bundle holds. To be told, say secrets by name: redis://user:${PASSWORD}@host/orders",
    ]);
  }
  deepStrictEqual(heard, 0);
  await tell(`redis://127.0.0.1:${port}/q`);
  deepStrictEqual(heard > 0, true, "it listens");
  listener.close();
  await serving;
});
