import { deepStrictEqual } from "node:assert/strict";
import type { Delivery } from "../../../../../lib/streams/delivery.ts";
import { MemoryBroker } from "../../../../../lib/streams/memory/memory_broker.ts";
import { settle, TestClock } from "../../../../../lib/testing/test_clock.ts";

function bodiesOf(deliveries: readonly Delivery[]): unknown[] {
  return deliveries.flatMap(({ records }) => records.map(({ body }) => body));
}

Deno.test("MemoryGroup begins at a time with what was published at that very time", async () => {
  const clock = new TestClock(1_000);
  await using stream = new MemoryBroker().open<number>("memory://s?partitions=1", { clock });
  await stream.publish([{ body: 1 }]);
  await clock.advance(1);
  await stream.publish([{ body: 2 }]);
  await clock.advance(1);
  await stream.publish([{ body: 3 }]);
  const subscription = await stream.subscribe({ group: "g", from: new Date(1_001) });
  deepStrictEqual((await subscription.next()).value?.records.map(({ body }) => body), [2, 3]);
});

Deno.test("MemoryGroup wakes other groups for records that its commit has made room for", async () => {
  await using stream = new MemoryBroker().open<number>("memory://s?partitions=1&capacity=1");
  const [slow, quick] = [await stream.subscribe({ group: "slow" }), await stream.subscribe({ group: "quick" })];
  const seen: Delivery[] = [];
  const reading = (async () => {
    for await (const delivery of quick) {
      seen.push(delivery);
      await delivery.ack();
    }
  })();
  const published = [1, 2].map((body) => stream.publish([{ body }]));
  const { value } = await slow.next();
  await settle();
  deepStrictEqual(bodiesOf(seen), [1], "the slow group has the only place");
  await value!.ack();
  await settle();
  deepStrictEqual(bodiesOf(seen), [1, 2]);
  await Promise.all(published);
  await stream.close();
  await reading;
});

Deno.test("MemoryGroup gives again in order what a subscriber had in hand that has gone, with what it had given back before", async () => {
  const clock = new TestClock();
  await using stream = new MemoryBroker().open<number>("memory://s?partitions=1", { clock });
  await stream.publish([0, 1, 2, 3].map((body) => ({ body })));
  const first = await stream.subscribe({ group: "g", backoffMs: 50 });
  const { value } = await first.next();
  await value!.nack(new Error("not yet"), [value!.records[1]!, value!.records[2]!]);
  await first.close();
  const second = await stream.subscribe({ group: "g" });
  const deliveries: Delivery[] = [];
  const reading = (async () => {
    for await (const delivery of second) deliveries.push(delivery);
  })();
  await settle();
  deepStrictEqual(bodiesOf(deliveries), [0], "the next has to wait, and keeps back all behind it");
  await clock.advance(50);
  deepStrictEqual(bodiesOf(deliveries), [0, 1, 2, 3]);
  await second.close();
  await reading;
});
