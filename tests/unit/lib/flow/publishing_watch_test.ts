import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { PublishingWatch } from "../../../../lib/flow/publishing_watch.ts";
import { openLocal } from "../../../../lib/streams/local/open_local.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

Deno.test("PublishingWatch.troubles() tells of a full stream which group holds it and since when, until there is room", async () => {
  await using folder = await temporaryFolder();
  const clock = new ManualClock();
  const begun = clock.now();
  await using orders = await openLocal<number>("local://orders?partitions=1&capacity=1", {
    folder: join(folder.path, "streams"),
  });
  const reading = await orders.subscribe({ group: "billing" });
  await orders.publish([{ body: 1 }]);
  const watch = new PublishingWatch(clock);
  const publishing = watch.watch(orders, () => orders.publish([{ body: 2 }]));
  await clock.advance(4_999);
  deepStrictEqual(watch.troubles(), []);
  await clock.advance(1);
  const told = { act: "publish", stream: orders.path, group: "billing", since: begun } as const;
  deepStrictEqual(watch.troubles(), [{ ...told, reason: "it is full, held by group billing, 1 records behind" }]);
  await reading.close();
  const reason = "it is full, held by group billing, 1 records behind, which nobody reads";
  deepStrictEqual(watch.troubles(), [{ ...told, reason }]);
  await orders.retire("billing");
  await publishing;
  deepStrictEqual(watch.troubles(), []);
});

Deno.test("PublishingWatch.troubles() tells of a stream that does not answer", async () => {
  await using folder = await temporaryFolder();
  const clock = new ManualClock();
  const since = clock.now();
  await using orders = await openLocal<number>("local://orders", { folder: folder.path });
  const watch = new PublishingWatch(clock);
  const answered = Promise.withResolvers<void>();
  const publishing = watch.watch(orders, () => answered.promise);
  await clock.advance(5_000);
  deepStrictEqual(watch.troubles(), [
    { act: "publish", stream: "local://orders", group: undefined, since, reason: "it has not answered yet" },
  ]);
  answered.resolve();
  await publishing;
  deepStrictEqual(watch.troubles(), []);
});
