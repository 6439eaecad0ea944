import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { LocalCursor } from "../../../../../lib/streams/local/local_cursor.ts";
import { openDatabase } from "../../../../../lib/streams/local/local_database.ts";
import { LocalLog } from "../../../../../lib/streams/local/local_log.ts";
import { readLocalPath } from "../../../../../lib/streams/local/local_path.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const DAY_MS = 86_400_000;

/** A reader's cursor of three records, and another process's log of the same file. */
async function openLab(folder: string) {
  const open = async () =>
    new LocalLog(await openDatabase(readLocalPath("local://s?partitions=1&retention=1d", { folder })));
  const [reader, other] = [await open(), await open()];
  const append = (at: number) => other.append([{ key: "k", headers: {}, bytes: new Uint8Array(1) }], at);
  for (const at of [0, 1, DAY_MS]) append(at);
  const row = { partition: 0, owner: null, next: 0, committed: 0, state: "[]" };
  const cursor = new LocalCursor(reader, row, 100);
  cursor.know(reader.extents()[0]!);
  return {
    cursor,
    other,
    [Symbol.dispose]() {
      for (const { database } of [reader, other]) database.close();
    },
  };
}

Deno.test("LocalCursor.head() passes over what another process let go of since it looked", async () => {
  await using folder = await temporaryFolder();
  using lab = await openLab(folder.path);
  lab.other.trim(DAY_MS + 2);
  strictEqual(lab.cursor.head(0)?.offset, 2);
  lab.cursor.take(2);
  lab.cursor.commit(2);
  deepStrictEqual([lab.cursor.head(0), lab.cursor.committed], [undefined, 3]);
});

Deno.test("LocalCursor.head() says that a file is damaged where a record is missing, and what to do first", async () => {
  await using folder = await temporaryFolder();
  using lab = await openLab(folder.path);
  lab.other.database.connection.exec("DELETE FROM records_0 WHERE offset = 1");
  strictEqual(lab.cursor.head(0)?.offset, 0);
  lab.cursor.take(0);
  throws(() => lab.cursor.head(0), {
    name: "StreamError",
    message:
      `Cannot read local://s: it is damaged, record 1 of partition 0 is missing. End what uses it, then move the file away, with -wal and -shm beside it, to begin anew (${folder.path}/s.db)`,
  });
});
