import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { StreamAway } from "../../../../lib/streams/answering.ts";
import { ReadingWatch } from "../../../../lib/flow/stream_trouble.ts";

Deno.test("ReadingWatch.trouble() is since the first failure, why the last was, until something is read", () => {
  const watch = new ReadingWatch();
  strictEqual(watch.trouble(0), undefined);
  for (const [now, reason] of [[10, "no file"], [1_010, "no disk"]] as const) {
    watch.asks(now);
    watch.fails(now, reason);
  }
  watch.asks(2_010);
  deepStrictEqual(watch.trouble(2_500), { since: 10, reason: "no disk" });
  watch.reads();
  strictEqual(watch.trouble(2_500), undefined);
});

Deno.test("ReadingWatch.trouble() is over when records are waited for and nothing is wrong for a while; what comes later is new", () => {
  const watch = new ReadingWatch();
  watch.fails(0, "no file");
  watch.asks(1_000);
  deepStrictEqual(watch.trouble(3_999), { since: 0, reason: "no file" });
  strictEqual(watch.trouble(4_000), undefined);
  watch.fails(9_000, "no disk");
  deepStrictEqual(watch.trouble(99_000), { since: 9_000, reason: "no disk" });
});

Deno.test("ReadingWatch.trouble() is what a broker is away with, once that is no short while, however long records are waited for", () => {
  let away: StreamAway | undefined;
  const watch = new ReadingWatch(() => away);
  watch.asks(0);
  away = { since: 1_000, reason: "refused" };
  strictEqual(watch.trouble(5_999), undefined);
  deepStrictEqual(watch.trouble(6_000), away);
  watch.fails(61_000, "given up");
  watch.asks(62_000);
  deepStrictEqual(watch.trouble(70_000), away, "waiting in vain says nothing while it is away");
  away = undefined;
  strictEqual(watch.trouble(70_001), undefined);
});

Deno.test("ReadingWatch.gives() leaves what is wrong until it is known whether that is kept, unless it was quiet before", () => {
  const watch = new ReadingWatch();
  watch.fails(0, "not kept", "memory://out");
  watch.asks(100);
  watch.gives(3_099);
  deepStrictEqual(watch.trouble(99_000), { since: 0, reason: "not kept", output: "memory://out" });
  watch.asks(100_000);
  watch.gives(103_000);
  strictEqual(watch.trouble(103_000), undefined);
});
