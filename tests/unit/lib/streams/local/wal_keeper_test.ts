import { setTimeout as pause } from "node:timers/promises";
import { openLocal } from "../../../../../lib/streams/local/open_local.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

Deno.test("WalKeeper writes back what is published, long before SQLite would where it is published", async () => {
  await using folder = await temporaryFolder();
  await using stream = await openLocal("local://s?partitions=1", { folder: folder.path });
  const records = Array.from({ length: 100 }, () => ({ body: new Uint8Array(10_000) }));
  for (let n = 0; n < 10; n++) await stream.publish(records); // 10 MB; SQLite's own turn comes at 32 MB
  while ((await Deno.stat(`${folder.path}/s.db`)).size < 4_000_000) await pause(10); // the thread takes its time
});
