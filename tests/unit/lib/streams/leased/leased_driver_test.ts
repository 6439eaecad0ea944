import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { StreamError } from "../../../../../lib/errors.ts";
import { DrivenStream } from "../../../../../lib/streams/driven_stream.ts";
import { LeasedDriver, SESSION_MS } from "../../../../../lib/streams/leased/leased_driver.ts";
import { OfflineError } from "../../../../../lib/streams/leased/offline_error.ts";
import { TestClock } from "../../../../../lib/testing/test_clock.ts";
import { type StreamLab, testStreams } from "../../../../conformance/streams/contract.ts";
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
