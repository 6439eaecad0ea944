import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import type { KeptRecord, Position } from "../../../../../lib/streams/leased/broker_log.ts";
import { LeasedCursor } from "../../../../../lib/streams/leased/leased_cursor.ts";
import { readState } from "../../../../../lib/streams/leased/state_text.ts";

/** A partition of so many records, and what was asked of it. */
function partitionOf(count: number) {
  const asked: (readonly [from: number, most: number])[] = [];
  const log = { asked, count, fault: undefined as Error | undefined };
  const read = ({ offset, behind }: Position, most: number): Promise<KeptRecord[]> => {
    strictEqual(behind, offset === 0 ? "" : `p${offset - 1}`);
    asked.push([offset, most]);
    if (log.fault !== undefined) return Promise.reject(log.fault);
    const offsets = Array.from({ length: Math.min(most, log.count - offset) }, (_, index) => offset + index);
    return Promise.resolve(
      offsets.map((offset) => ({
        offset,
        place: `p${offset}`,
        publishedAt: 0,
        key: "",
        bytes: new Uint8Array(1),
        headers: {},
      })),
    );
  };
  return { log, read };
}

function newCursor(): LeasedCursor {
  return new LeasedCursor(0, { version: 1, state: { owner: "o", offset: 0, behind: "", open: [] }, open: [] });
}

/** Takes so many, which are there. */
function take(cursor: LeasedCursor, count: number, now: number): number[] {
  return Array.from({ length: count }, () => {
    const { offset } = cursor.head(now)!;
    cursor.take(offset);
    return offset;
  });
}

Deno.test("fill() takes what was asked for when half of what was read was taken: each record once, in order", async () => {
  const { log, read } = partitionOf(100);
  const cursor = newCursor();
  await cursor.fill(0, read);
  take(cursor, 7, 0);
  deepStrictEqual(log.asked, [[0, 16]]);
  take(cursor, 1, 0);
  deepStrictEqual(log.asked, [[0, 16], [16, 64]]);
  deepStrictEqual(take(cursor, 8, 0).at(-1), 15);
  strictEqual(cursor.isEmpty(0), true);
  await cursor.fill(5, read);
  strictEqual(log.asked.length, 2, "nothing is asked for twice");
  deepStrictEqual(take(cursor, 64, 5), Array.from({ length: 64 }, (_, index) => 16 + index));
  await cursor.fill(6, read);
  deepStrictEqual(take(cursor, 20, 6), Array.from({ length: 20 }, (_, index) => 80 + index));
  strictEqual(cursor.head(6), undefined);
});

Deno.test("fill() asks anew where what was asked for is a second old, or nothing more was there", async () => {
  const { log, read } = partitionOf(32);
  const cursor = newCursor();
  await cursor.fill(0, read);
  take(cursor, 16, 0);
  deepStrictEqual(log.asked, [[0, 16], [16, 64]]);
  await cursor.fill(1_001, read);
  deepStrictEqual(log.asked.at(-1), [16, 64]);
  strictEqual(log.asked.length, 3);
  take(cursor, 16, 1_001);
  strictEqual(log.asked.length, 3, "fewer came than were asked for");
  log.count = 33;
  await cursor.fill(1_002, read);
  deepStrictEqual(take(cursor, 1, 1_002), [32]);
});

Deno.test("fill() tells what became of what was asked for before, once", async () => {
  const { log, read } = partitionOf(100);
  const cursor = newCursor();
  await cursor.fill(0, read);
  log.fault = new Error("away");
  take(cursor, 16, 0);
  await rejects(cursor.fill(1, read), /away/);
  log.fault = undefined;
  await cursor.fill(2, read);
  deepStrictEqual(take(cursor, 2, 2), [16, 17]);
});

Deno.test("fill() asks once more where nothing was there when it asked ahead: what has come since is told of by nobody", async () => {
  const { log, read } = partitionOf(16);
  const cursor = newCursor();
  await cursor.fill(0, read);
  take(cursor, 16, 0);
  deepStrictEqual(log.asked, [[0, 16], [16, 64]]);
  log.count = 17;
  await cursor.fill(1, read);
  deepStrictEqual(take(cursor, 1, 1), [16]);
});

Deno.test("fill() asks a broker that is far for as much as is worked on meanwhile, and for less again when it is near", async () => {
  const { log, read } = partitionOf(1_000_000);
  const cursor = newCursor();
  let msAway = 20;
  const pause = (ms: number) => new Promise((go) => setTimeout(go, ms));
  const slowly = async (from: Position, most: number) => {
    if (msAway > 0) await pause(msAway);
    return await read(from, most);
  };
  /** Reads so many times, and works 0.2 ms on each record; how many were asked for. */
  async function goOn(times: number): Promise<number[]> {
    const before = log.asked.length;
    for (let time = 0; time < times; time++) {
      await cursor.fill(0, slowly);
      while (!cursor.isEmpty(0)) {
        const count = Math.min(16, cursor.partition.records.length - cursor.partition.at);
        take(cursor, count, 0);
        if (msAway > 0) await pause(0.2 * count);
      }
    }
    return log.asked.slice(before).map(([, most]) => most);
  }
  const far = (await goOn(14)).slice(-8);
  ok(far.every((most) => most >= 128), `${far}`);
  msAway = 0;
  const near = await goOn(1_000); // this process may be waited for, too
  ok(near.includes(64), `${near}`);
});

Deno.test("stateText() tells what is in hand, how often it was given out, and what waits; readState() gives the same", async () => {
  const { read } = partitionOf(10);
  const cursor = newCursor();
  await cursor.fill(0, read);
  take(cursor, 3, 0);
  const open = [[0, "p0", 1], [1, "p1", 1], [2, "p2", 1]];
  deepStrictEqual(JSON.parse(cursor.stateText("o")), { owner: "o", offset: 3, behind: "p2", open });
  cursor.commit(1);
  cursor.putBack(0, 5);
  deepStrictEqual(readState(cursor.stateText("o")).open, [[0, "p0", 0, 5], [2, "p2", 1]]);
  take(cursor, 1, 5);
  take(cursor, 1, 5);
  deepStrictEqual(readState(cursor.stateText(null)), {
    owner: null,
    offset: 4,
    behind: "p3",
    open: [[0, "p0", 1], [2, "p2", 1], [3, "p3", 1]],
  });
  cursor.giveAgain(0, 9);
  take(cursor, 1, 9);
  deepStrictEqual(readState(cursor.stateText("o")).open[0], [0, "p0", 2]);
});
