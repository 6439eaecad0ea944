/** Many who publish at the same moment, and much at once: cases of the contract of streams. */

import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { NewRecord } from "../../../lib/streams/stream.ts";
import type { StreamCase } from "./contract.ts";

const AT_ONCE = 12_000; // more words than a call of a function bears where each is an argument

/** The cases, for every kind of stream. */
export const PUBLISH_CASES: readonly StreamCase[] = [
  {
    title: "publish() takes 12,000 records in one call, beside those of others, and keeps their order",
    async run(open) {
      await using lab = await open({ capacityRecords: 2 * AT_ONCE });
      await using stream = await lab.open<number>();
      const few = (first: number): NewRecord<number>[] => [0, 1, 2].map((n) => ({ key: "k", body: first + n }));
      const lots = Array.from({ length: AT_ONCE }, (_, n) => ({ key: n % 4 === 0 ? "k" : String(n), body: n }));
      await Promise.all([stream.publish(few(-10)), stream.publish(lots), stream.publish(few(AT_ONCE))]);
      const subscription = await stream.subscribe({ group: "g", maxRecords: 1_000 });
      const bodies: number[] = [];
      const ofKey: number[] = [];
      while (bodies.length < AT_ONCE + 6) {
        const delivery = (await subscription.next()).value!;
        for (const { key, body } of delivery) {
          bodies.push(body);
          if (key === "k") ofKey.push(body);
        }
        await delivery.ack();
      }
      const expected = [...few(-10), ...lots, ...few(AT_ONCE)];
      deepStrictEqual(bodies.toSorted((a, b) => a - b), expected.map(({ body }) => body));
      deepStrictEqual(ofKey, expected.filter(({ key }) => key === "k").map(({ body }) => body));
    },
  },
  {
    title: "publish() that is refused takes along nobody's records who publish at the same moment",
    async run(open) {
      await using lab = await open();
      await using stream = await lab.open<number>();
      const named = (count: number, value: string) =>
        Object.fromEntries(Array.from({ length: count }, (_, n) => [`h${n}`, value]));
      const calls: NewRecord<number>[][] = [
        [{ body: 1 }],
        [{ body: 2 }, { body: 3, headers: named(9_000, "x") }],
        [{ body: 4 }],
        [{ body: 5 }, { body: 6, headers: named(100, "x".repeat(700)) }], // NATS takes 64 kB
        [{ body: 7 }],
        [{ body: 8 }, { body: 9, headers: { "levada-id": "mine" } }],
        [{ body: 10 }],
      ];
      const told = await Promise.allSettled(calls.map((call) => stream.publish(call)));
      const kept = calls.filter((_, index) => told[index]!.status === "fulfilled").flat();
      deepStrictEqual([0, 2, 4, 6].map((index) => told[index]!.status), Array(4).fill("fulfilled"));
      for (const index of [1, 5]) {
        match(String((told[index] as PromiseRejectedResult).reason), /^StreamError: Cannot publish/);
      }
      strictEqual(await stream.lag("g"), kept.length);
    },
  },
];
