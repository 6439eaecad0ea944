import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { openLocal } from "../../../../../lib/streams/local/open_local.ts";
import { openDatabase } from "../../../../../lib/streams/local/local_database.ts";
import { LocalLog } from "../../../../../lib/streams/local/local_log.ts";
import { readLocalPath } from "../../../../../lib/streams/local/local_path.ts";
import { LocalPublisher } from "../../../../../lib/streams/local/local_publisher.ts";
import { WriteQueue } from "../../../../../lib/streams/local/write_queue.ts";
import { TestClock } from "../../../../../lib/testing/test_clock.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const RECORD = { key: "k", headers: {}, bytes: new Uint8Array(1) };

Deno.test("LocalPublisher.isWaiting from the call on, also while another process writes: the room that it makes then is to be told", async () => {
  await using folder = await temporaryFolder();
  const database = await openDatabase(readLocalPath("local://s", { folder: folder.path }));
  const log = new LocalLog(database);
  const queue = new WriteQueue(database, () => {});
  const publisher = new LocalPublisher({ log, queue, clock: new TestClock() });
  const other = new DatabaseSync(database.file);
  other.exec("BEGIN IMMEDIATE");
  const publishing = publisher.publish([RECORD]);
  const seen = [publisher.isWaiting];
  other.exec("COMMIT");
  other.close();
  await publishing;
  deepStrictEqual([...seen, publisher.isWaiting], [true, false]);
  strictEqual(log.lag("g"), 1);
  await publisher.close();
  await publisher.end();
  queue.close();
  database.close();
});

/** What is told on the console while a test runs. */
async function warningsOf(test: () => Promise<void>): Promise<string[]> {
  const told: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => void told.push(text);
  try {
    await test();
  } finally {
    console.warn = warn;
  }
  return told;
}

Deno.test("LocalPublisher.publish() that waits for room for long says once which group holds it, and who reads that", async () => {
  await using folder = await temporaryFolder();
  const clock = new TestClock();
  const options = { folder: folder.path, clock, sessionMs: 3_000 };
  await using stream = await openLocal<number>("local://s?capacity=2", options);
  await (await stream.subscribe({ group: "audit" })).close();
  await using reader = await stream.subscribe({ group: "billing" });
  await stream.publish([{ body: 1 }, { body: 2 }]);
  const first = (await reader.next()).value!;
  const told = await warningsOf(async () => {
    const publishing = stream.publish([{ body: 3 }]).catch((error: Error) => error.message);
    for (let second = 0; second < 12; second++) await clock.advance(1_000);
    await first.ack();
    await stream.close();
    match(await publishing as string, /closed while the record waited for room/);
  });
  strictEqual(told.length, 1, told.join("\n"));
  match(
    told[0]!,
    /^warn: local:\/\/s has no room for 5 s: publishing waits, held by group audit, 2 records behind, which nobody reads$/,
  );
});

Deno.test("LocalPublisher.publish() of what is urgent waits for no room: a dead letter goes where nobody has read the others", async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path };
  await using letters = await openLocal("local://s-dead-letters?capacity=1", options);
  await (await letters.subscribe({ group: "mail" })).close();
  await letters.publish([{ body: "the only one for which there is room" }]);
  await using stream = await openLocal<number>("local://s", options);
  const subscription = await stream.subscribe({ group: "g" });
  await stream.publish([{ body: 1 }]);
  const { value } = await subscription.next();
  const waited = new AbortController();
  const burying = value!.bury(new Error("poison")).then(() => "buried", (error: Error) => error.message);
  strictEqual(await Promise.race([burying, pause(10_000, "waits", waited)]), "buried");
  waited.abort();
  strictEqual(await letters.lag("mail"), 2);
});
