import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { DrivenStream } from "../../../../../lib/streams/driven_stream.ts";
import { openDatabase } from "../../../../../lib/streams/local/local_database.ts";
import { LocalDriver } from "../../../../../lib/streams/local/local_driver.ts";
import { readLocalPath } from "../../../../../lib/streams/local/local_path.ts";
import { WriteQueue } from "../../../../../lib/streams/local/write_queue.ts";
import { TestClock } from "../../../../../lib/testing/test_clock.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const GIVE_UP_MS = 50;
const LOCKED = "another process keeps it locked";

Deno.test("WriteQueue.write() waits for another process, for so long; then it goes on as if nothing had been", async () => {
  await using folder = await temporaryFolder();
  const database = await openDatabase(readLocalPath("local://s", { folder: folder.path }));
  const queue = new WriteQueue(database, () => {}, GIVE_UP_MS);
  const other = new DatabaseSync(database.file);
  other.exec("BEGIN IMMEDIATE");
  await rejects(queue.write("try", () => {}), {
    name: "StreamError",
    message: `Cannot try: ${LOCKED} (${database.file})`,
  });
  const later = queue.write("try", () => "written");
  other.exec("COMMIT");
  strictEqual(await later, "written");
  other.close();
  queue.close();
  database.close();
});

Deno.test("WriteQueue.write() does not begin in a file that has gone: what lies beside it may be another's by now", async () => {
  await using folder = await temporaryFolder();
  const database = await openDatabase(readLocalPath("local://s", { folder: folder.path }));
  const queue = new WriteQueue(database, () => {});
  await Deno.remove(database.file);
  while (!database.place.isLeft) await pause(5);
  let runs = 0;
  await rejects(queue.write("try", () => runs += 1), {
    name: "StreamError",
    message: /^Cannot try: the file was moved/,
  });
  strictEqual(runs, 0);
  queue.close();
  database.close();
});

Deno.test("a reader that could not settle or look since another process held the file reads on when that lets go", async () => {
  await using folder = await temporaryFolder();
  const database = await openDatabase(readLocalPath("local://s?partitions=1", { folder: folder.path }));
  const clock = new TestClock();
  await using stream = new DrivenStream<number>({
    path: "local://s",
    name: database.name,
    clock,
    openLetters: () => Promise.reject(new Error("nothing is buried here")),
    driver: new LocalDriver({ database, clock, sessionMs: 5_000, giveUpMs: GIVE_UP_MS }),
  });
  const subscription = await stream.subscribe({ group: "g", maxRecords: 1 });
  await stream.publish([1, 2, 3].map((body) => ({ body })));
  const first = (await subscription.next()).value!;
  const other = new DatabaseSync(database.file);
  other.exec("BEGIN IMMEDIATE");
  const faults = [
    first.ack().catch(({ message }) => message),
    subscription.next().catch(({ message }) => message),
    stream.publish([{ body: 4 }]).catch(({ message }) => message),
  ];
  deepStrictEqual(await Promise.all(faults), [
    `Cannot settle records of local://s: ${LOCKED} (${database.file})`,
    `Cannot read local://s: ${LOCKED} (${database.file})`,
    `Cannot publish to local://s: ${LOCKED} (${database.file}); none of the records is kept`,
  ]);
  other.exec("COMMIT");
  other.close();
  for (const body of [2, 3]) {
    const { value } = await subscription.next();
    deepStrictEqual(value!.records.map((record) => [record.body, record.tries]), [[body, 1]]);
    if (body === 2) strictEqual(await stream.lag("g"), 2, "what was acknowledged is written with what is given");
    await value!.ack();
  }
  strictEqual(await stream.lag("g"), 0);
});

Deno.test("what was settled in a transaction that came to nothing is written with the next", async () => {
  await using folder = await temporaryFolder();
  const database = await openDatabase(readLocalPath("local://s?partitions=2", { folder: folder.path }));
  const clock = new TestClock();
  await using stream = new DrivenStream<number | Uint8Array>({
    path: "local://s",
    name: database.name,
    clock,
    openLetters: () => Promise.reject(new Error("nothing is buried here")),
    driver: new LocalDriver({ database, clock, sessionMs: 5_000 }),
  });
  database.connection.exec("PRAGMA max_page_count = 60"); // as a full disk
  const subscription = await stream.subscribe({ group: "g", maxRecords: 1 });
  await stream.publish([{ body: 1 }, { body: 2 }]); // one in each partition
  const first = (await subscription.next()).value!;
  const large = Array.from({ length: 300 }, () => ({ body: new Uint8Array(1_000) }));
  const [acknowledging, publishing] = [first.ack(), stream.publish(large)];
  await rejects(acknowledging, { message: `Cannot settle records of local://s: the disk is full (${database.file})` });
  await rejects(publishing, /the disk is full/);
  strictEqual(await stream.lag("g"), 2);
  await (await subscription.next()).value!.ack();
  strictEqual(await stream.lag("g"), 0);
});
