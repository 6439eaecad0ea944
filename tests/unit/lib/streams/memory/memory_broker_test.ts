import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { MemoryBroker } from "../../../../../lib/streams/memory/memory_broker.ts";
import { TestClock } from "../../../../../lib/testing/test_clock.ts";

Deno.test("MemoryBroker.open() refuses what a path cannot say", () => {
  const broker = new MemoryBroker();
  const wrong: [string, RegExp][] = [
    ["memory://", /it names no stream/],
    ["memory://?partitions=2", /it names no stream/],
    ["memory://a?shards=2", /there is no "shards", only "partitions" and "capacity"/],
    ["memory://a?partitions=0", /partitions is 0; give a whole number, 1 to 1024/],
    ["memory://a?partitions=many", /partitions is NaN/],
    ["memory://a?capacity=1.5", /capacity is 1.5/],
  ];
  for (const [path, message] of wrong) throws(() => broker.open(path), { name: "StreamError", message });
  broker.open("memory://a?partitions=2");
  broker.open("memory://a");
  throws(() => broker.open("memory://a?partitions=3"), /has 2 partitions already, and keys would move/);
});

Deno.test("MemoryBroker.open() keeps the records of a stream that nobody has open", async () => {
  const broker = new MemoryBroker();
  const writer = broker.open("memory://a");
  await writer.publish([{ body: 1 }]);
  await writer.close();
  strictEqual(await broker.open("memory://a").lag("g"), 1);
  strictEqual(await broker.open("memory://b").lag("g"), 0);
});

Deno.test("publish() to a full stream that nobody reads is refused, since it would wait for ever", async () => {
  const stream = new MemoryBroker().open("memory://a?capacity=2");
  await stream.publish([{ body: 1 }, { body: 2 }]);
  await rejects(stream.publish([{ body: 3 }]), /it keeps 2 records and no group reads it \(capacity 2\)/);
});

Deno.test("nack() whose dead letter cannot be written gives the record again later", async () => {
  const broker = new MemoryBroker();
  const clock = new TestClock();
  broker.log("memory://a-dead-letters?capacity=1");
  const stream = broker.open<number>("memory://a?partitions=1", { clock });
  await stream.publish([{ body: 1 }, { body: 2 }]);
  const subscription = await stream.subscribe({ group: "g", maxTries: 1, maxRecords: 1 });
  for (const n of [1, 2]) {
    const { value } = await subscription.next();
    if (n === 1) await value!.nack(new Error("no"));
    else {await rejects(
        value!.nack(new Error("no")),
        /Cannot write record .* to the dead letters, so it will come again/,
      );}
  }
  strictEqual(await stream.lag("g"), 1);
  const again = subscription.next();
  await clock.advance(120_000);
  deepStrictEqual((await again).value!.records.map(({ body, tries }) => [body, tries]), [[2, 2]]);
  await stream.close();
  strictEqual(clock.timers, 0);
});

Deno.test("a partition goes to a new subscriber when the one before is done with what it has in hand", async () => {
  const stream = new MemoryBroker().open<number>("memory://a?partitions=2");
  await stream.publish([1, 2, 3, 4].map((body) => ({ body })));
  const first = await stream.subscribe({ group: "g", maxRecords: 2 });
  const inHand = (await first.next()).value!;
  deepStrictEqual(inHand.records.map(({ body }) => body), [1, 2]);
  const second = await stream.subscribe({ group: "g" });
  const taken: number[] = [];
  const reading = second.next().then(({ value }) => taken.push(...value!.records.map(({ body }) => body)));
  const rest = (await first.next()).value!;
  deepStrictEqual([rest.records.map(({ body }) => body), taken], [[3], []]);
  await inHand.ack();
  await reading;
  deepStrictEqual(taken, [4]);
  await stream.close();
});

Deno.test("a stream forgets what every group is done with, and nothing else", async () => {
  const broker = new MemoryBroker();
  const stream = broker.open<number>("memory://a?capacity=1000");
  const subscription = await stream.subscribe({ group: "g", maxRecords: 1_000 });
  for (let at = 0; at < 30_000; at += 1_000) {
    await stream.publish(Array.from({ length: 1_000 }, (_, n) => ({ body: at + n })));
    await (await subscription.next()).value!.ack();
  }
  await stream.publish([{ body: -1 }]);
  const kept = broker.records("memory://a");
  deepStrictEqual([kept.length < 20_000, kept.length >= 10_000, kept.at(-1)!.body], [true, true, -1]);
  strictEqual(await stream.lag("g"), 1);
  deepStrictEqual((await subscription.next()).value!.records.map(({ body }) => body), [-1]);
  await stream.close();
});
