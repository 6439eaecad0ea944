import { deepStrictEqual } from "node:assert/strict";
import { MemoryBroker } from "../../../../lib/streams/memory/memory_broker.ts";
import type { Stream } from "../../../../lib/streams/stream.ts";
import { Ledger } from "../../../../lib/testing/ledger.ts";
import { WatchedStream } from "../../../../lib/testing/watched_stream.ts";

/** A stream in this process that tells how it ends. */
function telling(ends: string[]): Stream {
  const stream = new MemoryBroker().open("memory://s?partitions=1");
  const close = stream.close.bind(stream);
  return Object.assign(stream, {
    close: () => (ends.push("close"), close()),
    abandon: () => (ends.push("abandon"), close()),
  });
}

function watched(ends: string[] = []): { stream: WatchedStream<unknown>; ledger: Ledger } {
  const ledger = new Ledger();
  return { stream: new WatchedStream(telling(ends), { path: "kafka://own/s", ledgerOf: () => ledger }), ledger };
}

Deno.test("abandon() ends the stream as a kill does, close() with a goodbye; each once, whichever came first", async () => {
  const ends: string[] = [];
  const one = watched(ends).stream;
  await one.abandon();
  await one.close();
  const other = watched(ends).stream;
  await other.close();
  await other.abandon();
  deepStrictEqual([ends, other.path], [["abandon", "close"], "kafka://own/s"]);
});

Deno.test("what is given out is in hand until the stream has its acknowledgement, or gave it up", async () => {
  const { stream, ledger } = watched();
  await stream.publish([1, 2, 3, 4].map((body) => ({ body })));
  const { value } = await (await stream.subscribe({ group: "g", maxTries: 1 })).next();
  const [one, two, three, four] = value!.records;
  await value!.ack([one!]);
  await value!.nack(new Error("no"), [two!]); // its only try
  await value!.bury(new Error("never"), [three!]);
  deepStrictEqual([one, two, three, four].map((record) => ledger.isSettled(record!)), [true, true, true, false]);
  deepStrictEqual(ledger.lose().map(({ body }) => body), [4]);
  deepStrictEqual([ledger.knows(four!), ledger.lose()], [false, []]);
  await stream.close();
});

Deno.test("a record that is tried again stays in hand", async () => {
  const { stream, ledger } = watched();
  await stream.publish([{ body: 1 }, { body: 2 }]);
  const { value } = await (await stream.subscribe({ group: "g" })).next();
  const [one, two] = value!.records;
  await value!.nack(new Error("not yet"), [one!]);
  await value!.retry(1_000, [two!]);
  deepStrictEqual(ledger.lose().map(({ body }) => body), [1, 2]);
  await stream.close();
});

Deno.test("a record that nobody has begun with is put back, and comes again as if for the first time", async () => {
  const { stream, ledger } = watched();
  await stream.publish([{ body: 1 }]);
  const subscription = await stream.subscribe({ group: "g" });
  const first = await subscription.next();
  await first.value!.putBack();
  deepStrictEqual(ledger.lose(), []);
  const again = await subscription.next();
  deepStrictEqual(again.value!.records.map(({ body, tries }) => [body, tries]), [[1, 1]]);
  await stream.close();
});
