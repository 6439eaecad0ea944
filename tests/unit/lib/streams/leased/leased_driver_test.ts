import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { StreamError } from "../../../../../lib/errors.ts";
import { DrivenStream } from "../../../../../lib/streams/driven_stream.ts";
import type { Seat } from "../../../../../lib/streams/leased/group_member.ts";
import { LeasedDriver, SESSION_MS } from "../../../../../lib/streams/leased/leased_driver.ts";
import { OfflineError } from "../../../../../lib/streams/leased/offline_error.ts";
import { TestClock } from "../../../../../lib/testing/test_clock.ts";
import { type StreamLab, testStreams } from "../../../../conformance/streams/contract.ts";
import { SetClock } from "../../../../support/set_clock.ts";
import { KeptBroker, KeptLog } from "../../../../support/kept_log.ts";

const BEAT_MS = SESSION_MS / 3;

function openOn<Body>(
  broker: KeptBroker,
  clock: TestClock,
  log = new KeptLog(broker),
  letters = broker,
): DrivenStream<Body> {
  const openLetters = () => Promise.resolve(openOn<unknown>(letters, clock));
  const driver = new LeasedDriver({ log, clock, sessionMs: SESSION_MS });
  return new DrivenStream<Body>({ path: log.name, name: log.name, clock, openLetters, driver });
}

function openLab(): Promise<StreamLab> {
  const clock = new TestClock(1_700_000_000_000);
  const [broker, letters] = [4, 1].map((partitions) => new KeptBroker(partitions, () => clock.now())) as [
    KeptBroker,
    KeptBroker,
  ];
  /** The clock goes no faster than beats are written, so that only who is dead is taken for dead. */
  async function advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= BEAT_MS) {
      await clock.advance(Math.min(left, BEAT_MS));
      await pause(2);
    }
  }
  let ticking: Promise<void> | undefined;
  let isOver = false;
  async function tick(): Promise<void> {
    while (!isOver) await advance(BEAT_MS);
  }
  return Promise.resolve({
    open: <Body>() => Promise.resolve(openOn<Body>(broker, clock, undefined, letters)),
    openDeadLetters: () => Promise.resolve(openOn(letters, clock)),
    async crash(stream) {
      await (stream as DrivenStream<unknown>).abandon();
      ticking ??= tick(); // others join, read, and miss it
    },
    now: () => clock.now(),
    advance,
    publishForeign({ body, headers }) {
      broker.add({ key: undefined, bytes: new TextEncoder().encode(body), headers });
      broker.tell(undefined);
      return Promise.resolve();
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await ticking;
    },
  });
}

testStreams("LeasedDriver", openLab, { isUnbounded: true, listsNoGroups: true });

Deno.test("a subscriber that slept for longer than its session has lost its partitions, and settles nothing any more", async () => {
  const [asleep, awake] = [new TestClock(0), new TestClock(0)];
  const broker = new KeptBroker(1, () => awake.now());
  const [one, other] = [openOn<number>(broker, asleep), openOn<number>(broker, awake)];
  await one.publish([{ body: 1 }, { body: 2 }]);
  const lost = (await (await one.subscribe({ group: "g" })).next()).value!;
  const subscription = await other.subscribe({ group: "g" });
  const next = subscription.next();
  for (let beats = 0; beats < 6; beats++) {
    await awake.advance(BEAT_MS);
    await pause(2);
  }
  const { value: delivery } = await next;
  deepStrictEqual(delivery?.records.map(({ body, tries }) => [body, tries]), [[1, 2], [2, 2]]);
  await lost.ack().catch(() => {}); // whether it knows already or not
  strictEqual(await other.lag("g"), 2, "what the sleeper wrote is not taken");
  await asleep.advance(BEAT_MS);
  await pause(2);
  await delivery!.ack();
  strictEqual(await other.lag("g"), 0);
  await one.close();
  await other.close();
});

Deno.test("who reads waits while the broker is away; who publishes is told, and so is who reads of what does not pass", async () => {
  const clock = new TestClock(0);
  const broker = new KeptBroker(1, () => clock.now());
  const log = new KeptLog(broker);
  const stream = openOn<number>(broker, clock, log);
  const subscription = await stream.subscribe({ group: "g" });
  log.fault = new OfflineError("Cannot read: away");
  const next = subscription.next();
  await rejects(stream.publish([{ body: 0 }]), /away/);
  log.fault = undefined;
  await stream.publish([{ body: 1 }]);
  await clock.advance(BEAT_MS);
  const { value: delivery } = await next;
  deepStrictEqual(delivery?.records.map(({ body }) => body), [1]);
  log.fault = new StreamError("Cannot settle: no rights");
  await rejects(delivery!.ack(), /no rights/);
  await rejects(subscription.next(), /no rights/);
  log.fault = undefined;
  await stream.close();
});

/** Lets a beat and what comes of it pass. */
async function beat(clock: TestClock): Promise<void> {
  await clock.advance(BEAT_MS);
  await pause(2);
}

Deno.test("a reader of a broker that came back empty gets all that is published from then on", async () => {
  const clock = new TestClock(0);
  const broker = new KeptBroker(4, () => clock.now());
  await using stream = openOn<number>(broker, clock);
  const publish = (first: number) =>
    stream.publish(Array.from({ length: 8 }, (_, n) => ({ body: first + n, key: `key ${n}` })));
  const subscription = await stream.subscribe({ group: "g", from: "end" });
  await publish(0);
  const before = (await subscription.next()).value!;
  await publish(10);
  const inHand = (await subscription.next()).value!;
  await before.ack();
  broker.empty();
  await publish(20);
  await inHand.ack().catch(() => {}); // whether it knows already or not
  const got: number[] = [];
  const reading = (async () => {
    while (got.length < 8) {
      const { value } = await subscription.next();
      if (value === undefined) return;
      got.push(...value.records.map(({ body }) => body));
      await value.ack();
    }
  })();
  for (let beats = 0; beats < 6; beats++) await beat(clock);
  deepStrictEqual(got.toSorted(), [20, 21, 22, 23, 24, 25, 26, 27]);
  await reading;
  strictEqual(await stream.lag("g"), 0);
});

Deno.test("a reader of a broker that has lost the newest of what it wrote goes on from what is kept", async () => {
  const clock = new TestClock(0);
  const broker = new KeptBroker(1, () => clock.now());
  await using stream = openOn<number>(broker, clock);
  const subscription = await stream.subscribe({ group: "g" });
  await stream.publish([{ body: 1 }, { body: 2 }]);
  const kept = new Map(broker.documents);
  await (await subscription.next()).value!.ack();
  for (const [name, document] of kept) broker.documents.set(name, document); // a copy from before
  strictEqual(await stream.lag("g"), 2);
  const again = subscription.next();
  for (let beats = 0; beats < 3; beats++) await beat(clock);
  strictEqual(await stream.lag("g"), 2, "in hand");
  deepStrictEqual((await again).value!.records.map(({ body }) => body), [1, 2]);
});

/** A clock that goes on while something is awaited. */
async function whileTicking<Value>(clock: TestClock, promise: Promise<Value>): Promise<Value> {
  let isOver = false;
  void promise.finally(() => isOver = true).catch(() => {});
  while (!isOver) {
    await clock.advance(50);
    await pause(2);
  }
  return await promise;
}

Deno.test("one who joins takes over at once from one that was killed longer ago than a session, however short it stays", async () => {
  const clock = new TestClock(0);
  const broker = new KeptBroker(2, () => clock.now());
  const publisher = openOn<number>(broker, clock);
  await publisher.publish([{ body: 1 }, { body: 2 }]);
  const killed = openOn<number>(broker, clock);
  strictEqual((await (await killed.subscribe({ group: "g" })).next()).value!.records.length, 2);
  await killed.abandon();
  await clock.advance(SESSION_MS);
  const job = openOn<number>(broker, clock);
  const startedAt = clock.now();
  const subscription = await whileTicking(clock, job.subscribe({ group: "g" }));
  const { value } = await subscription.next();
  deepStrictEqual(value!.records.map(({ body, tries }) => [body, tries]).toSorted(), [[1, 2], [2, 2]]);
  strictEqual(clock.now() - startedAt < SESSION_MS / 3, true);
  await value!.ack();
  await Promise.all([job.close(), publisher.close()]);
});

Deno.test("one who joins takes nothing from one who could not beat while the broker was away, and answers", async () => {
  const [clock, brokers] = [new TestClock(0), new TestClock(0)];
  const broker = new KeptBroker(2, () => brokers.now());
  const log = new class extends KeptLog {
    override async writeDocument(...written: Parameters<KeptLog["writeDocument"]>): Promise<number | undefined> {
      for (const until = clock.now() + slowMs; slowMs > 0 && clock.now() < until;) await pause(1);
      return await super.writeDocument(...written);
    }
  }(broker);
  let slowMs = 0;
  const stream = openOn<number>(broker, clock, log);
  await stream.publish([{ body: 1 }, { body: 2 }]);
  const subscription = await stream.subscribe({ group: "g" });
  const inHand = (await subscription.next()).value!;
  await brokers.advance(10 * SESSION_MS); // by whose clock nothing was heard for long
  await clock.advance(SESSION_MS / 4);
  slowMs = 300;
  const other = openOn<number>(broker, clock);
  await whileTicking(clock, other.subscribe({ group: "g" }));
  slowMs = 0;
  await inHand.ack();
  await Promise.all([stream.close(), other.close()]);
});

for (const when of ["before", "after"]) {
  Deno.test(`who is killed ${when} the clock is set back is missed after a session, and its retries come`, async () => {
    const HOUR_MS = 3_600_000;
    const clock = new SetClock(HOUR_MS);
    const broker = new KeptBroker(1, () => HOUR_MS);
    const [one, other] = [openOn<number>(broker, clock), openOn<number>(broker, clock)];
    const first = await one.subscribe({ group: "g", backoffMs: 200 });
    const second = await other.subscribe({ group: "g" });
    await one.publish([{ body: 1 }]);
    for (let beats = 0; beats < 3; beats++) await beat(clock); // they know each other
    await (await first.next()).value!.nack(new Error("not yet"));
    if (when === "before") await one.abandon();
    clock.setMs = -HOUR_MS;
    for (let beats = 0; beats < 2; beats++) await beat(clock);
    if (when === "after") await one.abandon();
    const next = second.next();
    for (let beats = 0; beats < 6; beats++) await beat(clock);
    const { value } = await next;
    deepStrictEqual(value!.records.map(({ body, tries }) => [body, tries]), [[1, 2]]);
    await other.close();
  });
}

Deno.test("members that say at one moment that they are alive are all heard", async () => {
  const clock = new TestClock(0);
  const broker = new KeptBroker(4, () => clock.now());
  const streams = [1, 2, 3].map(() => openOn<number>(broker, clock));
  for (const stream of streams) await stream.subscribe({ group: "g" });
  const beats = () =>
    new Map((JSON.parse(broker.documents.get("g/members")!.text) as Seat[]).map(([id, n]) => [id, n]));
  const before = beats();
  await clock.advance(SESSION_MS / 4);
  broker.tell("g"); // all look at once
  await pause(2);
  const silent = [...beats()].filter(([id, n]) => n === before.get(id));
  deepStrictEqual([before.size, silent], [3, []]);
  for (const stream of streams) await stream.close();
});
