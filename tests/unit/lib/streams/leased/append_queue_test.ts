import { deepStrictEqual, rejects } from "node:assert/strict";
import { AppendQueue } from "../../../../../lib/streams/leased/append_queue.ts";
import { OfflineError } from "../../../../../lib/streams/leased/offline_error.ts";
import { RefusedError } from "../../../../../lib/streams/leased/refused_error.ts";
import type { WireRecord } from "../../../../../lib/streams/record.ts";
import { isTooLarge, TooLargeError } from "../../../../../lib/streams/too_large_error.ts";
import { KeptBroker, KeptLog } from "../../../../support/kept_log.ts";

/** A broker that refuses records of a key, and keeps those before in the same batch where it is told to. */
class RefusingLog extends KeptLog {
  readonly sent: string[][] = [];
  keepsBefore = false;
  isCertain = true;
  msAway = 0;

  override async append(records: readonly WireRecord[]): Promise<void> {
    if (this.msAway > 0) await new Promise((go) => setTimeout(go, this.msAway));
    this.sent.push(records.map(({ key }) => key!));
    const bad = records.findIndex(({ key }) => key === "bad");
    if (bad < 0) return await super.append(records);
    const kept = this.keepsBefore ? bad : 0;
    await super.append(records.slice(0, kept));
    throw new RefusedError("Cannot publish: no", kept, {
      cause: new TooLargeError("Cannot publish: no"),
      isCertain: this.isCertain,
    });
  }
}

const recordOf = (key: string, size = 1): WireRecord => ({ key, bytes: new Uint8Array(size), headers: {} });

function open() {
  const broker = new KeptBroker(1, () => 0);
  const log = new RefusingLog(broker);
  const queue = new AppendQueue(log);
  const append = (...keys: string[]) =>
    queue.append(keys.map((key) => recordOf(key))).then(() => "kept", (error) => (error as Error).message);
  return { log, queue, append, kept: () => broker.partitions[0]!.map(({ key }) => key) };
}

Deno.test("AppendQueue sends the calls of a moment together, and each alone where that is refused", async () => {
  const { log, append, kept } = open();
  const told = await Promise.all([append("a"), append("b", "bad"), append("c"), append("bad"), append("d", "e")]);
  const refused = "Cannot publish: no; none of the records is kept";
  deepStrictEqual(told, ["kept", refused, "kept", refused, "kept"]);
  deepStrictEqual(kept(), ["a", "c", "d", "e"]);
  deepStrictEqual(log.sent[0], ["a", "b", "bad", "c", "bad", "d", "e"]);
  deepStrictEqual(log.sent.length, 6);
});

Deno.test("AppendQueue sends nothing twice that a broker kept before it refused, and says how much of a call that is", async () => {
  const { log, append, kept } = open();
  log.keepsBefore = true;
  const told = await Promise.all([append("a"), append("b", "c", "bad", "d"), append("e")]);
  deepStrictEqual(told, ["kept", "Cannot publish: no; 2 of 4 records are kept", "kept"]);
  deepStrictEqual(kept(), ["a", "b", "c", "e"]);
});

Deno.test("AppendQueue sends each call alone, too, where all may be kept and are known when they come again, and says no more than is known", async () => {
  const { log, append, kept } = open();
  log.isCertain = false;
  const told = await Promise.all([append("a"), append("b", "bad"), append("c")]);
  deepStrictEqual(told, ["kept", "Cannot publish: no; 0 of 2 records are known to be kept", "kept"]);
  deepStrictEqual(kept(), ["a", "c"]);
});

Deno.test("AppendQueue sends nothing again of which nobody knows whether it is kept, and goes on with what came later", async () => {
  const { log, append, kept } = open();
  log.fault = new OfflineError("Cannot publish: away");
  const told = await Promise.all([append("a"), append("b", "c")]);
  log.fault = undefined;
  const state = (count: number) => `Cannot publish: away; 0 of ${count} records are known to be kept`;
  deepStrictEqual([told, await append("d"), kept()], [[state(1), state(2)], "kept", ["d"]]);
});

Deno.test("AppendQueue sends a large call in parts, and no small one in two", async () => {
  const { log, queue, kept } = open();
  const call = (count: number, size = 1) => queue.append(Array.from({ length: count }, () => recordOf("k", size)));
  await Promise.all([call(600), call(600), call(2_500), call(3, 3_000_000), call(1)]);
  deepStrictEqual(log.sent.map(({ length }) => length), [600, 600, 1_000, 1_000, 500, 1, 1, 2]);
  deepStrictEqual(kept().length, 600 + 600 + 2_500 + 3 + 1);
});

Deno.test("AppendQueue tells of a size that is refused, by which a dead letter is made smaller", async () => {
  await rejects(open().queue.append([recordOf("bad")]), (error) => isTooLarge(error));
});

Deno.test("AppendQueue sends no more than 128 records of several calls to a broker that is near, and all to one that is far", async () => {
  const { log, queue, kept } = open();
  const many = () => Promise.all(Array.from({ length: 300 }, (_, n) => queue.append([recordOf(`k${n}`)])));
  await many();
  deepStrictEqual(log.sent[0]!.length, 128);
  deepStrictEqual(kept(), Array.from({ length: 300 }, (_, n) => `k${n}`));
  log.sent.length = 0;
  log.msAway = 10;
  for (let times = 0; times < 6; times++) await many();
  deepStrictEqual(log.sent.at(-1)!.length > 128, true);
});
