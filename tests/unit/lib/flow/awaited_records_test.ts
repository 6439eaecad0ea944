import { deepStrictEqual } from "node:assert/strict";
import { AwaitedRecords } from "../../../../lib/flow/awaited_records.ts";
import { ReadingWatch } from "../../../../lib/flow/stream_trouble.ts";
import type { StreamAway } from "../../../../lib/streams/answering.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { memoryLog } from "../../../support/run_graph.ts";

const LOST = "error: Cannot read stream redis://host/in, waiting for it: refused";
const BACK = "info: Stream redis://host/in is read again";

Deno.test("AwaitedRecords.next() says once that nothing answers, and once that it does again, while it waits or when it has waited", async () => {
  const [clock, log] = [new ManualClock(), memoryLog()];
  let away: StreamAway | undefined;
  const watch = new ReadingWatch(() => away);
  const awaited = new AwaitedRecords({ clock, log, watch, stream: "redis://host/in", group: "g" });
  const waitFor = Promise.withResolvers<number>();
  const first = awaited.next(() => waitFor.promise);
  await clock.advance(60_000);
  deepStrictEqual(log.lines, []);
  away = { since: clock.now(), reason: "refused" };
  await clock.advance(60_000);
  deepStrictEqual(log.lines, [LOST]);
  away = undefined;
  await clock.advance(60_000);
  deepStrictEqual(log.lines, [LOST, BACK]);
  away = { since: clock.now(), reason: "refused" };
  await clock.advance(60_000);
  away = undefined;
  waitFor.resolve(1);
  deepStrictEqual([await first, log.lines], [1, [LOST, BACK, LOST, BACK]]);
  await clock.advance(60_000);
  deepStrictEqual(log.lines.length, 4, "nobody waits, nobody looks");
});
