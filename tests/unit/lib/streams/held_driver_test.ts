import { strictEqual } from "node:assert/strict";
import { GoneError } from "../../../../lib/streams/gone_error.ts";
import { HeldDriver } from "../../../../lib/streams/held_driver.ts";
import { MemoryBroker } from "../../../../lib/streams/memory/memory_broker.ts";
import { MemoryDriver } from "../../../../lib/streams/memory/memory_driver.ts";
import { MACHINE_CLOCK } from "../../../../lib/streams/stream_clock.ts";

Deno.test("HeldDriver.close() waits for one that is being opened, and gives it to end", async () => {
  const log = new MemoryBroker().log("memory://in");
  const [first, second] = [new MemoryDriver(log, MACHINE_CLOCK), new MemoryDriver(log, MACHINE_CLOCK)];
  const opening = Promise.withResolvers<MemoryDriver>();
  const isOpening = Promise.withResolvers<void>();
  const reopen = () => {
    isOpening.resolve();
    return opening.promise;
  };
  const held = new HeldDriver(first, reopen, () => Promise.resolve());
  const done = held.do((driver) =>
    driver === first ? Promise.reject(new GoneError("it has gone")) : Promise.resolve(1)
  );
  await isOpening.promise;
  const closed = held.close();
  opening.resolve(second);
  strictEqual(await closed, second);
  strictEqual(await done, 1);
});
