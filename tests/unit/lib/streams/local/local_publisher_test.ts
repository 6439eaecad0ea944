import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../../../../lib/streams/local/local_database.ts";
import { LocalLog } from "../../../../../lib/streams/local/local_log.ts";
import { readLocalPath } from "../../../../../lib/streams/local/local_path.ts";
import { LocalPublisher } from "../../../../../lib/streams/local/local_publisher.ts";
import { WriteQueue } from "../../../../../lib/streams/local/write_queue.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const RECORD = { key: "k", headers: {}, bytes: new Uint8Array(1) };

Deno.test("LocalPublisher.isWaiting from the call on, also while another process writes: the room that it makes then is to be told", async () => {
  await using folder = await temporaryFolder();
  const database = await openDatabase(readLocalPath("local://s", { folder: folder.path }));
  const log = new LocalLog(database);
  const queue = new WriteQueue(database, () => {});
  const publisher = new LocalPublisher({ log, queue, now: () => 0 });
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
