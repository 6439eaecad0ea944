import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { StreamError } from "../../../../lib/errors.ts";
import { DrivenStream } from "../../../../lib/streams/driven_stream.ts";
import { openLocal } from "../../../../lib/streams/local/open_local.ts";
import { MemoryBroker } from "../../../../lib/streams/memory/memory_broker.ts";
import { MemoryDriver } from "../../../../lib/streams/memory/memory_driver.ts";
import { MACHINE_CLOCK } from "../../../../lib/streams/stream_clock.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

Deno.test("a stream of dead letters that is lost is opened anew for the next one", async () => {
  await using folder = await temporaryFolder();
  const opened: DrivenStream<unknown>[] = [];
  const log = new MemoryBroker().log("memory://in?partitions=1");
  await using stream = new DrivenStream<number>({
    path: log.path,
    name: log.path,
    clock: MACHINE_CLOCK,
    driver: new MemoryDriver(log, MACHINE_CLOCK),
    openLetters: async () => {
      opened.push(await openLocal("local://letters", { folder: folder.path }));
      return opened.at(-1)!;
    },
  });
  const subscription = await stream.subscribe({ group: "g", maxTries: 9 });
  await stream.publish([1, 2, 3].map((body) => ({ body })));
  const delivery = (await subscription.next()).value!;
  let at = 0;
  const bury = () => delivery.bury(new Error("spoiled"), [delivery.records[at++]!]);
  await bury();
  await opened[0]!.close();
  await rejects(bury, StreamError);
  await bury();
  strictEqual(opened.length, 2);
  strictEqual(await opened[1]!.lag("nobody"), 2);
});

Deno.test("forget() does not ask for a group that is read", async () => {
  const asked: string[] = [];
  const log = new MemoryBroker().log("memory://in");
  const stream = new DrivenStream({
    path: log.path,
    name: log.path,
    clock: MACHINE_CLOCK,
    openLetters: () => Promise.reject(new Error("nothing is buried here")),
    driver: Object.assign(new MemoryDriver(log, MACHINE_CLOCK), {
      groups: () => {
        const of = (group: string, readers: number) => ({ group, readers, heardAt: undefined, isWaitedFor: false });
        return Promise.resolve([of("read", 1), of("left", 0)]);
      },
      forget: (group: string) => Promise.resolve(asked.push(group) > 0),
    }),
  });
  await rejects(stream.forget("read"), {
    name: "StreamError",
    message: 'Cannot forget group "read" of memory://in: somebody reads as it. End that first',
  });
  await stream.forget("left");
  deepStrictEqual(asked, ["left"]);
  await stream.close();
});
