import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openLocal } from "../../../../../lib/streams/local/open_local.ts";
import { TestClock } from "../../../../../lib/testing/test_clock.ts";
import { SetClock } from "../../../../support/set_clock.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const HOUR_MS = 3_600_000;

Deno.test("LocalLog.trim() lets go of what is older than the retention, read or not", async () => {
  await using folder = await temporaryFolder();
  const clock = new TestClock();
  await using stream = await openLocal<number>("local://s?retention=90m&partitions=1", { folder: folder.path, clock });
  const late = await stream.subscribe({ group: "late", maxRecords: 1 });
  for (const body of [1, 2, 3]) {
    await stream.publish([{ body }]);
    await clock.advance(HOUR_MS);
  }
  const { value: first } = await late.next();
  deepStrictEqual(first!.records.map(({ body }) => body), [2], "the first was older when the third came");
  await stream.publish([{ body: 4 }]); // an hour later
  await first!.retry(0);
  const { value: rest } = await late.next();
  deepStrictEqual([rest!.records.map(({ body }) => body), await stream.lag("late")], [[3], 2]);
  strictEqual(await stream.lag("new"), 2);
});

Deno.test("LocalLog.trim() without a retention keeps what a group has not acknowledged, and the newest of what is done", async () => {
  await using folder = await temporaryFolder();
  const clock = new TestClock();
  const [PARTITIONS, KEPT_IN_ONE] = [1_024, Math.ceil(100_000 / 1_024)];
  await using stream = await openLocal<number>(`local://s?partitions=${PARTITIONS}`, { folder: folder.path, clock });
  const publish = (count: number) => stream.publish(Array.from({ length: count }, (_, body) => ({ body, key: "k" })));
  const subscription = await stream.subscribe({ group: "g", maxRecords: 300 });
  const kept = async () => {
    await clock.advance(1_000);
    await publish(1);
    return await stream.lag("another");
  };
  await publish(300);
  strictEqual(await kept(), 301);
  const { value } = await subscription.next();
  await value!.ack();
  strictEqual(await kept(), KEPT_IN_ONE);
  strictEqual(await stream.lag("g"), 2);
});

Deno.test("LocalLog.append() keeps keys of every kind apart, and whole", async () => {
  await using folder = await temporaryFolder();
  await using stream = await openLocal<string>("local://s", { folder: folder.path });
  const keys = ["a\0b", "a\0c", "a", "", '"', "\u2028", "🗝", "x".repeat(100_000), undefined];
  await stream.publish(keys.map((key) => ({ key, body: `of ${key?.slice(0, 10)}` })));
  const { value } = await (await stream.subscribe({ group: "g" })).next();
  const read = new Map(value!.records.map(({ key, body }) => [key, body]));
  deepStrictEqual(keys.map((key) => read.get(key)), keys.map((key) => `of ${key?.slice(0, 10)}`));
});

Deno.test("LocalLog.trim() keeps for a week what only groups want for which nobody waits, and no more than the newest behind that", async () => {
  await using folder = await temporaryFolder();
  const clock = new TestClock();
  const [PARTITIONS, KEPT_IN_ONE] = [1_024, Math.ceil(100_000 / 1_024)];
  const DAY_MS = 24 * HOUR_MS;
  await using stream = await openLocal<number>(`local://s?partitions=${PARTITIONS}`, { folder: folder.path, clock });
  const publish = (count: number) => stream.publish(Array.from({ length: count }, (_, body) => ({ body, key: "k" })));
  const kept = async (afterMs: number) => {
    await clock.advance(afterMs);
    await publish(1);
    return await stream.lag("another");
  };
  await publish(299);
  strictEqual(await kept(30 * DAY_MS), 300, "nobody has read it yet");
  const subscription = await stream.subscribe({ group: "g", maxRecords: 100 });
  const { value } = await subscription.next();
  await value!.ack();
  await subscription.close();
  strictEqual(await stream.retire("g"), true);
  strictEqual(await kept(1_000), 201, "it wants what it has not read");
  strictEqual(await kept(6 * DAY_MS), 202);
  strictEqual(await stream.lag("g"), 202);
  strictEqual(await kept(DAY_MS), KEPT_IN_ONE);
  strictEqual(await stream.lag("g"), KEPT_IN_ONE);
  const again = await stream.subscribe({ group: "g", maxRecords: 1_000 });
  strictEqual((await again.next()).value!.records.length, KEPT_IN_ONE);
});

Deno.test("LocalLog.append() has no record published before the one that it stands behind, though the clock was set back", async () => {
  await using folder = await temporaryFolder();
  const clock = new SetClock(HOUR_MS);
  await using stream = await openLocal<number>("local://s?partitions=1", { folder: folder.path, clock });
  await stream.publish([{ body: 1 }]);
  clock.setMs = -HOUR_MS;
  await stream.publish([{ body: 2 }]);
  clock.setMs = 1;
  await stream.publish([{ body: 3 }]);
  using database = new DatabaseSync(`${folder.path}/s.db`);
  const rows = database.prepare("SELECT published_at AS at FROM records_0 ORDER BY offset").all();
  deepStrictEqual(rows.map(({ at }) => at), [HOUR_MS, HOUR_MS, HOUR_MS + 1]);
});
