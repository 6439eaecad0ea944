import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Delivery } from "../../../../../lib/streams/delivery.ts";
import { openLocal, SESSION_MS } from "../../../../../lib/streams/local/open_local.ts";
import type { Stream, Subscription } from "../../../../../lib/streams/stream.ts";
import { SetClock } from "../../../../support/set_clock.ts";
import { TestClock } from "../../../../../lib/testing/test_clock.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const KEYS = 16;

/** Publishes a record of each key. */
async function publishEach(stream: Stream<number>): Promise<void> {
  await stream.publish(Array.from({ length: KEYS }, (_, body) => ({ body, key: `key ${body}` })));
}

async function nextOf<Body>(subscription: Subscription<Body>): Promise<Delivery<Body>> {
  const { value } = await subscription.next();
  if (value === undefined) throw new Error("the subscription has ended");
  return value;
}

/** Reads until so many records are there, and acknowledges them; tells of which partitions they were. */
async function readFrom(subscriptions: readonly Subscription<number>[], count: number): Promise<Set<string>[]> {
  const partitions = subscriptions.map(() => new Set<string>());
  let left = count;
  const all = Promise.withResolvers<void>();
  for (const [index, subscription] of subscriptions.entries()) {
    void (async () => {
      while (left > 0) {
        const { value: delivery, done } = await subscription.next();
        if (done) return;
        for (const { partition } of delivery.records) partitions[index]!.add(partition);
        await delivery.ack();
        left -= delivery.records.length;
        if (left === 0) all.resolve();
      }
    })();
  }
  await all.promise;
  return partitions;
}

Deno.test("LocalMember.leave() hands its partitions over while the clock stands still, and so does a partition that is not in hand", async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path, clock: new TestClock() };
  await using one = await openLocal<number>("local://s?partitions=8", options);
  await using other = await openLocal<number>("local://s", options);
  const [first, second] = [await one.subscribe({ group: "g" }), await other.subscribe({ group: "g" })];
  await publishEach(one);
  const [mine, others] = await readFrom([first, second], KEYS);
  deepStrictEqual([mine!.size > 0, others!.size > 0, mine!.intersection(others!).size], [true, true, 0]);
  await first.close();
  await publishEach(one);
  const reading = readFrom([second], KEYS); // it waits already
  deepStrictEqual((await reading)[0], mine!.union(others!));
});

Deno.test("LocalMember keeps a partition that is to go to another until it is done with what it has in hand", async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path, clock: new TestClock() };
  await using one = await openLocal<number>("local://s?partitions=2", options);
  await using other = await openLocal<number>("local://s", options);
  await publishEach(one);
  const first = await one.subscribe({ group: "g", maxRecords: KEYS });
  const inHand = await nextOf(first);
  strictEqual(inHand.records.length, KEYS);
  const second = await other.subscribe({ group: "g" });
  await publishEach(one);
  const given: Delivery<number>[] = [];
  const waiting = second.next().then(({ value }) => given.push(value!));
  const mine = await nextOf(first);
  deepStrictEqual(
    new Set(mine.records.map(({ partition }) => partition)),
    new Set(["0"]),
    "nothing more of what is to go",
  );
  strictEqual(given.length, 0);
  await inHand.ack();
  await waiting;
  deepStrictEqual(new Set(given[0]!.records.map(({ partition }) => partition)), new Set(["1"]));
  deepStrictEqual(given[0]!.records.every(({ tries }) => tries === 1), true);
});

Deno.test("LocalMember of which nothing was heard for too long is refused when it settles, and comes back as a new one", async () => {
  await using folder = await temporaryFolder();
  const [still, moved] = [new TestClock(), new TestClock()]; // as a process that was stopped, and one that was not
  await using one = await openLocal<number>("local://s?partitions=1", { folder: folder.path, clock: still });
  await using other = await openLocal<number>("local://s", { folder: folder.path, clock: moved });
  await one.publish([{ body: 1 }, { body: 2 }]);
  const first = await one.subscribe({ group: "g" });
  const inHand = await nextOf(first);
  await moved.advance(SESSION_MS);
  const second = await other.subscribe({ group: "g" });
  const again = await nextOf(second);
  deepStrictEqual(again.records.map(({ body, tries }) => [body, tries]), [[1, 2], [2, 2]]);
  await rejects(inHand.ack(), {
    name: "StreamError",
    message:
      'Cannot settle 2 records of local://s: the subscriber has left group "g", or its partitions went to others, so they are given out again',
  });
  await again.ack();
  await second.close();
  await other.publish([{ body: 3 }]);
  deepStrictEqual((await nextOf(first)).records.map(({ body }) => body), [3]);
});

Deno.test("LocalMember that has not heard yet who reads its partition by now settles nothing there", async () => {
  await using folder = await temporaryFolder();
  await using stream = await openLocal<number>("local://s?partitions=1", {
    folder: folder.path,
    clock: new TestClock(),
  });
  const subscription = await stream.subscribe({ group: "g" });
  await stream.publish([{ body: 1 }]);
  const inHand = await nextOf(subscription);
  using database = new DatabaseSync(`${folder.path}/s.db`);
  database.exec("UPDATE cursors SET owner = 'another'");
  const row = () => ({ ...database.prepare("SELECT * FROM cursors").get() });
  const before = row();
  await rejects(inHand.ack(), /its partitions went to others, so they are given out again$/);
  deepStrictEqual(row(), before);
});

Deno.test("Stream.publish() waits for a group of another connection to make room", async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path };
  await using one = await openLocal<number>("local://s?capacity=3", options);
  await using other = await openLocal<number>("local://s", options);
  const subscription = await other.subscribe({ group: "g", maxRecords: 1 });
  const published: number[] = [];
  const publishing = (async () => {
    for (let body = 0; body < 9; body++) {
      await one.publish([{ body, key: "k" }]);
      published.push(body);
    }
  })();
  for (let n = 0; n < 9; n++) {
    const delivery = await nextOf(subscription);
    deepStrictEqual(delivery.records.map(({ body }) => body), [n]);
    strictEqual(published.length <= n + 3, true, `${published.length} are published before ${n} is acknowledged`);
    await delivery.ack();
  }
  await publishing;
});

Deno.test("LocalMember that follows a killed one waits as long for a retry as that one would have", async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path, clock: new TestClock() };
  const one = await openLocal<number>("local://s?partitions=1", options);
  await using other = await openLocal<number>("local://s", options);
  await one.publish([{ body: 1 }, { body: 2 }]);
  const first = await one.subscribe({ group: "g", backoffMs: 60_000 });
  const inHand = await nextOf(first);
  await inHand.nack(new Error("not yet"), [inHand.records[0]!]);
  await inHand.ack();
  await one.abandon();
  await options.clock.advance(SESSION_MS);
  const second = await other.subscribe({ group: "g" });
  const came: Delivery<number>[] = [];
  const reading = nextOf(second).then((delivery) => came.push(delivery));
  await options.clock.advance(59_999 - SESSION_MS);
  strictEqual(came.length, 0);
  await options.clock.advance(1);
  await reading;
  deepStrictEqual(came[0]!.records.map(({ body, tries }) => [body, tries]), [[1, 2]]);
});

Deno.test("LocalDriver.retire() lets in who publishes; the group's place stays, and counts again when it is read", async () => {
  await using folder = await temporaryFolder();
  await using stream = await openLocal<number>("local://s?capacity=3", { folder: folder.path });
  const reader = await stream.subscribe({ group: "gone", maxRecords: 1 });
  await stream.publish([1, 2, 3].map((body) => ({ body, key: "k" })));
  await (await nextOf(reader)).ack();
  await reader.close();
  const publishing = stream.publish([4, 5, 6, 7].map((body) => ({ body, key: "k" })));
  await using other = await openLocal<number>("local://s", { folder: folder.path });
  strictEqual(await other.retire("gone"), true);
  await publishing;
  strictEqual(await stream.lag("gone"), 6);
  const again = await other.subscribe({ group: "gone", maxRecords: 10 });
  deepStrictEqual((await nextOf(again)).records.map(({ body }) => body), [2, 3, 4, 5, 6, 7]);
  const waiting = stream.publish([{ body: 8 }]);
  await stream.close();
  await rejects(waiting, /closed while the record waited for room/);
  await again.close();
});

Deno.test("LocalDriver.retire() leaves a group that is read, and waits for the session of one who was killed", async () => {
  await using folder = await temporaryFolder();
  const clock = new TestClock();
  const options = { folder: folder.path, clock };
  await using stream = await openLocal<number>("local://s?capacity=1", options);
  const killed = await openLocal<number>("local://s", options);
  await killed.subscribe({ group: "killed" });
  await killed.abandon();
  await using _reader = await stream.subscribe({ group: "read" });
  await stream.publish([{ body: 1 }]);
  const retiring = Promise.all(["killed", "read", "nobody"].map((group) => stream.retire(group)));
  for (let ms = 0; ms <= SESSION_MS; ms += SESSION_MS / 10) await clock.advance(SESSION_MS / 10);
  deepStrictEqual(await retiring, [true, false, true]);
});

const HOUR_MS = 3_600_000;

Deno.test("LocalMember takes over from a killed one, and what waits comes, when they would though the clock was set back", async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path, clock: new SetClock(HOUR_MS) };
  const one = await openLocal<number>("local://s?partitions=1", options);
  await using other = await openLocal<number>("local://s", options);
  const first = await one.subscribe({ group: "g", backoffMs: 200 });
  const second = await other.subscribe({ group: "g" });
  await one.publish([{ body: 1 }]);
  await (await nextOf(first)).nack(new Error("not yet"));
  await one.abandon();
  options.clock.setMs = -HOUR_MS;
  const came: Delivery<number>[] = [];
  const reading = nextOf(second).then((delivery) => came.push(delivery));
  for (let ms = 0; ms < 2 * SESSION_MS; ms += SESSION_MS / 10) await options.clock.advance(SESSION_MS / 10);
  deepStrictEqual(came.map(({ records }) => records.map(({ body, tries }) => [body, tries])), [[[1, 2]]]);
  await reading;
});

Deno.test("LocalMember that joins after the clock was set back waits for a session, no longer, for one that was killed before", async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path, clock: new SetClock(HOUR_MS) };
  const one = await openLocal<number>("local://s?partitions=1", options);
  await one.publish([{ body: 1 }]);
  await nextOf(await one.subscribe({ group: "g" }));
  await one.abandon();
  options.clock.setMs = -HOUR_MS;
  await using other = await openLocal<number>("local://s", options);
  const came: Delivery<number>[] = [];
  const reading = nextOf(await other.subscribe({ group: "g" })).then((delivery) => came.push(delivery));
  for (let ms = 0; ms < 2 * SESSION_MS; ms += SESSION_MS / 10) await options.clock.advance(SESSION_MS / 10);
  strictEqual(came.length, 1);
  await reading;
});

Deno.test("LocalReader.nack() has a record come again after its pause, though the clock is set back meanwhile", async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path, clock: new SetClock(HOUR_MS) };
  await using stream = await openLocal<number>("local://s?partitions=1", options);
  const subscription = await stream.subscribe({ group: "g", backoffMs: 200 });
  await stream.publish([{ body: 1 }]);
  await (await nextOf(subscription)).nack(new Error("not yet"));
  const came: Delivery<number>[] = [];
  const reading = nextOf(subscription).then((delivery) => came.push(delivery));
  await options.clock.advance(100);
  options.clock.setMs = -HOUR_MS;
  for (let ms = 0; ms < 500; ms += 100) await options.clock.advance(100);
  strictEqual(came.length, 1);
  await reading;
});
