import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { MemoryBroker } from "../../../../lib/streams/memory/memory_broker.ts";
import type { Stream } from "../../../../lib/streams/stream.ts";
import { settle, TestClock } from "../../../../lib/testing/test_clock.ts";
import { Schedule } from "../../../../lib/triggers/schedule.ts";
import { type KeptTicks, MemoryTickKeeper, type TickKeeper } from "../../../../lib/triggers/tick_keeper.ts";
import type { ScheduleTrigger } from "../../../../lib/triggers/trigger.ts";
import { memoryLog } from "../../../support/run_graph.ts";

const START = Date.parse("2026-03-01T00:00:00Z");
const PLACE = { group: "shop", name: "count" };

/** A schedule, its stream, and what it wrote into the log. */
class Lab {
  readonly clock = new TestClock(START);
  readonly broker = new MemoryBroker();
  readonly log = memoryLog();
  readonly keeper: TickKeeper = new MemoryTickKeeper();

  /** Starts one process's schedule. */
  async start(
    trigger: Partial<ScheduleTrigger> = {},
    parts: { stream?: Stream; keeper?: TickKeeper } = {},
  ): Promise<Schedule> {
    const schedule = new Schedule({
      ...PLACE,
      trigger: { schedule: "* * * * *", ...trigger },
      stream: this.broker.open("memory://ticks", { clock: this.clock }),
      keeper: this.keeper,
      clock: this.clock,
      log: this.log,
      ...parts,
    });
    await schedule.look();
    schedule.start();
    return schedule;
  }

  /** The ids of what was published, without the name. */
  get published(): string[] {
    return this.broker.records("memory://ticks").map(({ id }) => id.slice("count@2026-".length, -".000Z".length))
      .sort();
  }

  async kept(): Promise<KeptTicks | undefined> {
    let found: KeptTicks | undefined;
    await this.keeper.change(PLACE, (kept) => {
      found = kept;
      return Promise.resolve(undefined);
    });
    return found;
  }

  async work(): Promise<void> {
    const stream = this.broker.open("memory://ticks", { clock: this.clock });
    const subscription = await stream.subscribe({ group: "shop" });
    const { value } = await subscription.next();
    await value!.ack();
    await stream.close();
  }
}

const KEPT = { skipped: 0, missed: 0 };

Deno.test("Schedule publishes a record at each of its times, with what the trigger says", async () => {
  const lab = new Lab();
  const schedule = await lab.start({
    body: { n: 1 },
    path: "/count",
    key: "k",
    headers: { "x-why": "time" },
    overlap: "allow",
  });
  await lab.clock.advance(59_999);
  deepStrictEqual(lab.published, []);
  await lab.clock.advance(60_001);
  deepStrictEqual(lab.published, ["03-01T00:01:00", "03-01T00:02:00"]);
  const [record] = lab.broker.records("memory://ticks");
  deepStrictEqual([record!.body, record!.path, record!.key, record!.headers.get("x-why"), record!.time.getTime()], [
    { n: 1 },
    "/count",
    "k",
    "time",
    START + 60_000,
  ]);
  await schedule.stop();
  strictEqual(lab.clock.timers, 0);
  await lab.clock.advance(600_000);
  strictEqual(lab.published.length, 2);
});

Deno.test("Schedule of several processes: each time comes once, whoever of them is there", async () => {
  const lab = new Lab();
  const [one, other, third] = [
    await lab.start({ overlap: "allow" }),
    await lab.start({ overlap: "allow" }),
    await lab.start({ overlap: "allow" }),
  ];
  await lab.clock.advance(120_000);
  await one.stop();
  await other.stop();
  await lab.clock.advance(60_000);
  deepStrictEqual(lab.published, ["03-01T00:01:00", "03-01T00:02:00", "03-01T00:03:00"]);
  await third.stop();
});

Deno.test("Schedule has its stream look when a time has come, since another process may have been first", async () => {
  const lab = new Lab();
  const seen: number[] = [];
  const waiting = (): Stream =>
    Object.assign(lab.broker.open("memory://ticks", { clock: lab.clock }), {
      expectNews: () => void seen.push(lab.published.length),
    });
  const schedules = [await lab.start({}, { stream: waiting() }), await lab.start({}, { stream: waiting() })];
  seen.length = 0;
  await lab.clock.advance(60_000);
  deepStrictEqual(seen, [1, 1]);
  for (const schedule of schedules) await schedule.stop();
});

Deno.test("Schedule leaves out a time when the event before is not done, says so, and counts it", async () => {
  const lab = new Lab();
  const schedule = await lab.start();
  await lab.clock.advance(120_000);
  deepStrictEqual([lab.published, lab.log.lines], [["03-01T00:01:00"], [
    "warn: Schedule count leaves out 2026-03-01T00:02:00.000Z: the event before is not done",
  ]]);
  await lab.work();
  await lab.clock.advance(60_000);
  deepStrictEqual(lab.published, ["03-01T00:01:00", "03-01T00:03:00"]);
  deepStrictEqual(await lab.kept(), {
    ...KEPT,
    last: "2026-03-01T00:03:00.000Z",
    next: "2026-03-01T00:04:00.000Z",
    fired: 2,
    skipped: 1,
  });
  await schedule.stop();
});

Deno.test("Schedule tells of times at which nothing ran, and goes on with the next", async () => {
  const lab = new Lab();
  await (await lab.start({ overlap: "allow" })).stop();
  await lab.clock.advance(5 * 60_000 + 59_000 + 2_001); // 00:06:01.. more than a minute behind 00:05 and less behind 00:06
  const schedule = await lab.start({ overlap: "allow" });
  deepStrictEqual(lab.published, ["03-01T00:06:00"]); // a little late is not missed
  deepStrictEqual(lab.log.lines, [
    "warn: Schedule count has missed 5 times, the last 2026-03-01T00:05:00.000Z: nothing ran it then",
  ]);
  await schedule.stop();
  deepStrictEqual(await lab.kept(), {
    ...KEPT,
    last: "2026-03-01T00:06:00.000Z",
    next: "2026-03-01T00:07:00.000Z",
    fired: 1,
    missed: 5,
  });
});

Deno.test("Schedule leaves out what it missed by long, or has the last of it come late where it is told to", async () => {
  for (const [missed, published, count] of [["skip", [], 3], ["once", ["03-03T03:00:00"], 2]] as const) {
    const lab = new Lab();
    const trigger = { schedule: "0 3 * * *", missed };
    await (await lab.start(trigger)).stop();
    await lab.clock.advance(3 * 86_400_000);
    const schedule = await lab.start(trigger);
    deepStrictEqual(lab.published, published);
    strictEqual((await lab.kept())!.missed, count);
    strictEqual(lab.log.lines.length, 1);
    await lab.clock.advance(3 * 3_600_000);
    strictEqual(lab.published.includes("03-04T03:00:00"), missed === "skip"); // the late one is not done
    await schedule.stop();
  }
});

Deno.test("Schedule begins now where what is kept is of a clock that was far ahead", async () => {
  const lab = new Lab();
  const ahead = { ...KEPT, next: "2030-01-01T00:01:00.000Z", last: "2030-01-01T00:00:00.000Z", fired: 7 };
  await lab.keeper.change(PLACE, () => Promise.resolve(ahead));
  const schedule = await lab.start();
  await lab.clock.advance(60_000);
  deepStrictEqual(lab.published, ["03-01T00:01:00"]);
  deepStrictEqual(await lab.kept(), {
    ...KEPT,
    last: "2026-03-01T00:01:00.000Z",
    next: "2026-03-01T00:02:00.000Z",
    fired: 8,
  });
  await schedule.stop();
});

Deno.test("Schedule that has got other times has missed none of them before", async () => {
  const lab = new Lab();
  const first = await lab.start({ schedule: "0 3 * * *" });
  await first.stop();
  await lab.clock.advance(600_000);
  const second = await lab.start({ schedule: "* * * * *" });
  deepStrictEqual(lab.log.lines, []);
  await lab.clock.advance(60_000);
  const kept = { last: "2026-03-01T00:11:00.000Z", next: "2026-03-01T00:12:00.000Z", fired: 1 };
  deepStrictEqual(await lab.kept(), { ...KEPT, ...kept });
  await second.stop();
});

Deno.test("Schedule tries again what could not be published, and publishes once what could not be kept", async () => {
  const lab = new Lab();
  const stream = lab.broker.open("memory://ticks", { clock: lab.clock });
  let fails = 0;
  const publish = stream.publish.bind(stream);
  stream.publish = (records) => fails-- > 0 ? Promise.reject(new Error("no broker")) : publish(records);
  let cannotKeep = 0;
  const keeper: TickKeeper = {
    change: (place, change) =>
      lab.keeper.change(place, async (kept) => {
        const next = await change(kept);
        if (next !== undefined && cannotKeep-- > 0) throw new Error("no space left");
        return next;
      }),
  };
  const schedule = await lab.start({ overlap: "allow" }, { stream, keeper });
  [fails, cannotKeep] = [2, 3];
  await lab.clock.advance(60_000);
  strictEqual(lab.published.length, 0);
  await lab.clock.advance(10_000);
  deepStrictEqual(lab.published, ["03-01T00:01:00"]);
  match(lab.log.lines[0]!, /^error: Schedule count cannot go on, trying again: no broker$/);
  strictEqual(lab.log.lines.length, 5);
  deepStrictEqual(await lab.kept(), {
    ...KEPT,
    last: "2026-03-01T00:01:00.000Z",
    next: "2026-03-01T00:02:00.000Z",
    fired: 1,
  });
  await schedule.stop();
});

Deno.test("Schedule.look() tells before the start what cannot be kept", async () => {
  const lab = new Lab();
  await rejects(lab.start({}, { keeper: { change: () => Promise.reject(new Error("no rights")) } }), /no rights/);
});

Deno.test("Schedule.stop() waits for what is being published", async () => {
  const lab = new Lab();
  const stream = lab.broker.open("memory://ticks", { clock: lab.clock });
  const gate = Promise.withResolvers<void>();
  const publish = stream.publish.bind(stream);
  stream.publish = (records) => gate.promise.then(() => publish(records));
  const schedule = await lab.start({}, { stream });
  await lab.clock.advance(60_000);
  let isStopped = false;
  const stopping = schedule.stop().then(() => isStopped = true);
  await settle();
  strictEqual(isStopped, false);
  gate.resolve();
  await stopping;
  strictEqual(lab.published.length, 1);
});
