import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Cursor, type CursorPartition } from "../../../../lib/streams/cursor.ts";

/** Takes what may be given out now. */
function takeAll(cursor: Cursor, now: number): [offset: number, tries: number][] {
  const taken: [number, number][] = [];
  for (let offset = cursor.peek(now); offset !== undefined; offset = cursor.peek(now)) {
    cursor.take(offset);
    taken.push([offset, cursor.triesOf(offset)]);
  }
  return taken;
}

Deno.test("Cursor.committed is the first offset that is not done, whatever is done behind it", () => {
  const cursor = new Cursor({ index: 0, end: 5 }, 0);
  takeAll(cursor, 0);
  const seen = [3, 1, 0, 4, 2].map((offset) => {
    cursor.commit(offset);
    return [cursor.committed, cursor.lag, cursor.doneAhead];
  });
  deepStrictEqual(seen, [[0, 4, 1], [0, 3, 2], [2, 2, 1], [2, 1, 2], [5, 0, 0]]);
  strictEqual(cursor.isPending, false);
});

Deno.test("Cursor goes over offsets that are no records", () => {
  const kept = [2, 3, 7];
  const partition: CursorPartition = {
    index: 0,
    end: 10,
    skipTo: (offset) => kept.find((other) => other >= offset) ?? 10,
  };
  const cursor = new Cursor(partition, 0);
  deepStrictEqual(takeAll(cursor, 0), [[2, 1], [3, 1], [7, 1]]);
  const committed = [2, 7, 3].map((offset) => (cursor.commit(offset), cursor.committed));
  deepStrictEqual(committed, [3, 3, 8]);
});

Deno.test("Cursor.peek() keeps back what follows a record that waits for its retry", () => {
  const partition = { index: 0, end: 3 };
  const cursor = new Cursor(partition, 0);
  takeAll(cursor, 0);
  partition.end = 5;
  cursor.giveAgain(1, 100);
  deepStrictEqual([cursor.peek(99), cursor.dueAt, cursor.isPending], [undefined, 100, true]);
  deepStrictEqual(takeAll(cursor, 100), [[1, 2], [3, 1], [4, 1]]);
});

Deno.test("Cursor gives what comes again in the order of the stream, in whatever order it was given back", () => {
  const cursor = new Cursor({ index: 0, end: 4 }, 0);
  takeAll(cursor, 0);
  for (const offset of [3, 1, 2, 0]) cursor.giveAgain(offset, 10);
  deepStrictEqual(takeAll(cursor, 10), [[0, 2], [1, 2], [2, 2], [3, 2]]);
});

Deno.test("Cursor.snapshot() lets another go on: what is done stays done, what is open comes again, with its tries and its time", () => {
  const partition = { index: 0, end: 6 };
  const cursor = new Cursor(partition, 0);
  takeAll(cursor, 0);
  for (const offset of [0, 2, 4]) cursor.commit(offset);
  cursor.giveAgain(3, 50);
  const snapshot = cursor.snapshot();
  deepStrictEqual(snapshot, {
    committed: 1,
    next: 6,
    open: [
      { offset: 1, tries: 1, dueAt: undefined },
      { offset: 3, tries: 1, dueAt: 50 },
      { offset: 5, tries: 1, dueAt: undefined },
    ],
    at: 0,
  });
  const other = new Cursor(partition, JSON.parse(JSON.stringify(snapshot)));
  deepStrictEqual([other.committed, other.lag], [1, 3]);
  deepStrictEqual(takeAll(other, 0), [[1, 2]]);
  deepStrictEqual(takeAll(other, 50), [[3, 2], [5, 2]]);
  for (const offset of [1, 3, 5]) other.commit(offset);
  deepStrictEqual([other.committed, other.lag], [6, 0]);
});

Deno.test("Cursor.peek() waits no longer where the clock was set back, here or until another went on", () => {
  const HOUR_MS = 3_600_000;
  const cursor = new Cursor({ index: 0, end: 2 }, 0);
  takeAll(cursor, HOUR_MS);
  cursor.giveAgain(0, HOUR_MS + 200);
  cursor.commit(1);
  const other = new Cursor({ index: 0, end: 2 }, cursor.snapshot());
  for (const one of [cursor, other]) {
    deepStrictEqual([one.peek(0), one.dueAt], [undefined, 200]);
    deepStrictEqual([one.peek(199), one.peek(200)], [undefined, 0]);
  }
});
