import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { StoredRecord } from "../../../../../lib/streams/reader_source.ts";
import type { KafkaBatch } from "../../../../../lib/streams/kafka/kafka_client.ts";
import { KafkaCursor } from "../../../../../lib/streams/kafka/kafka_cursor.ts";

function batch(first: number, deltas: readonly number[], more: Partial<KafkaBatch> = {}): KafkaBatch {
  return {
    firstOffset: BigInt(first),
    lastOffsetDelta: deltas.at(-1) ?? 0,
    attributes: 0,
    firstTimestamp: 1_000n,
    maxTimestamp: 2_000n,
    producerId: -1n,
    records: deltas.map((offsetDelta) => ({
      offsetDelta,
      timestampDelta: BigInt(offsetDelta),
      key: Buffer.from("k"),
      value: Buffer.from(String(first + offsetDelta)),
      headers: [[Buffer.from("X-Mine"), Buffer.from("1")], [Buffer.from("empty"), null]],
    })),
    ...more,
  };
}

function give(cursor: KafkaCursor, now = 0): StoredRecord {
  const record = cursor.head(now)!;
  cursor.take(record.offset);
  return record;
}

function takeAll(cursor: KafkaCursor, now = 0): number[] {
  const offsets: number[] = [];
  for (let at = cursor.peek(now); at !== undefined; at = cursor.peek(now)) offsets.push(give(cursor, now).offset);
  return offsets;
}

Deno.test("KafkaCursor.keep() skips what was before the place, gaps, and marks of transactions", () => {
  const cursor = new KafkaCursor(0, 12);
  cursor.keep([batch(10, [0, 1, 2, 5]), batch(16, [0], { attributes: 0b10_0000 }), batch(17, [0, 2])]);
  strictEqual(cursor.partition.end, 20);
  strictEqual(cursor.fetched, 4);
  deepStrictEqual(takeAll(cursor), [12, 15, 17, 19]);
});

Deno.test("KafkaCursor.keep() passes over what was published in transactions that came to nothing, whatever of them was fetched", () => {
  const cursor = new KafkaCursor(0, 0);
  const of = (producerId: bigint, first: number) => batch(first, [0, 1], { producerId, attributes: 0b1_0000 });
  const mark = (producerId: bigint, first: number, kind: 0 | 1) => {
    const [record] = batch(first, [0]).records;
    const records = [{ ...record!, key: Buffer.from([0, 0, 0, kind]) }];
    return batch(first, [0], { producerId, attributes: 0b11_0000, records });
  };
  const aborted = [5n, 12n].map((firstOffset) => ({ producerId: 7n, firstOffset }));
  cursor.keep([
    ...[of(7n, 0), mark(7n, 2, 1), of(8n, 3), of(7n, 5), mark(7n, 7, 0), of(7n, 8), mark(7n, 10, 1), mark(8n, 11, 1)],
    of(7n, 12), // its mark comes with what is fetched next
  ], aborted);
  cursor.keep([of(7n, 14), mark(7n, 16, 0), of(7n, 17), mark(7n, 19, 1), batch(20, [0], { producerId: 7n })], [
    aborted[1]!,
  ]);
  deepStrictEqual(takeAll(cursor), [0, 1, 3, 4, 8, 9, 17, 18, 20]);
  strictEqual(cursor.partition.end, 21);
});

Deno.test("KafkaCursor.toSave is before the first record that is not done, and behind all where none is", () => {
  const cursor = new KafkaCursor(0, 0);
  cursor.keep([batch(0, [0, 1, 3]), batch(4, [0], { attributes: 0b10_0000 })]);
  strictEqual(cursor.toSave, 0);
  takeAll(cursor);
  cursor.commit(1);
  strictEqual(cursor.toSave, 0);
  cursor.commit(0);
  strictEqual(cursor.toSave, 3);
  cursor.giveAgain(3, 100);
  deepStrictEqual([takeAll(cursor, 99), takeAll(cursor, 100)], [[], [3]]);
  cursor.commit(3);
  strictEqual(cursor.toSave, 5);
  deepStrictEqual([cursor.fetched, cursor.bytesAhead], [0, 0]);
});

Deno.test("KafkaCursor.head() tells key, headers and the time, the broker's where the topic has that", () => {
  const cursor = new KafkaCursor(0, 0);
  cursor.keep([batch(0, [0, 1]), batch(2, [0], { attributes: 0b1000 })]);
  const [first, second, third] = [give(cursor), give(cursor), give(cursor)];
  deepStrictEqual({ ...first, bytes: new TextDecoder().decode(first.bytes) }, {
    key: "k",
    bytes: "0",
    headers: { "x-mine": "1", empty: "", "levada-foreign-headers": "WC1NaW5l:MQ==,ZW1wdHk=" },
    offset: 0,
    publishedAt: 1_000,
  });
  deepStrictEqual([second.publishedAt, third.publishedAt], [1_001, 2_000]);
});

Deno.test("KafkaCursor.note() tells what may have been given out once, and how often others were", () => {
  const cursor = new KafkaCursor(0, 0);
  cursor.keep([batch(0, Array.from({ length: 600 }, (_, index) => index))]);
  strictEqual(cursor.isNoted, true);
  give(cursor);
  strictEqual(cursor.isNoted, false, "nothing was noted ahead yet");
  const { note, onNoted } = cursor.note();
  deepStrictEqual([note.until, [...note.others]], [501, []]);
  onNoted();
  for (let count = 1; count < 501; count++) give(cursor);
  strictEqual(cursor.isNoted, true, "all of them are noted");
  cursor.giveAgain(3, 0);
  strictEqual(cursor.isNoted, true, "that it comes again is no other count");
  give(cursor);
  cursor.putBack(4, 0);
  deepStrictEqual([cursor.isNoted, [...cursor.note().note.others]], [false, [[3, 2], [4, 0]]]);
  cursor.commit(3);
  deepStrictEqual([...cursor.note().note.others], [[4, 0]]);
  const left = cursor.note({ isLeaving: true }).note;
  deepStrictEqual([left.until, left.others.get(0), left.others.get(4), left.others.size], [0, 1, 0, 500]);
});

Deno.test("KafkaCursor goes on counting where others have noted how often records were given out", () => {
  const before = { until: 3, others: new Map([[0, 4], [4, 2]]) };
  const cursor = new KafkaCursor(0, 0, before);
  cursor.keep([batch(0, [0, 1, 2, 3, 4, 5])]);
  give(cursor);
  give(cursor);
  deepStrictEqual([0, 1, 2, 3, 4].map((offset) => cursor.triesOf(offset)), [5, 2, 1, 0, 2]);
  const { note, onNoted } = cursor.note();
  deepStrictEqual([note.until, [...note.others].toSorted()], [6, [[0, 5], [1, 2], [4, 2]]]);
  onNoted();
  cursor.commit(0);
  cursor.commit(1);
  cursor.putBack(give(cursor).offset, 0);
  deepStrictEqual([cursor.triesOf(2), [...cursor.note().note.others]], [1, [[4, 2]]]);
});

Deno.test("KafkaCursor gives out what others have noted as not given out, and notes from there on where they have", () => {
  const cursor = new KafkaCursor(0, 0, { until: 50, others: new Map([[3, 2]]), none: [0, 40] });
  cursor.keep([batch(0, [0, 1, 2, 3, 39, 40])]);
  give(cursor);
  give(cursor);
  deepStrictEqual([0, 1, 2, 3, 39, 40].map((offset) => cursor.triesOf(offset)), [1, 1, 0, 2, 0, 1]);
  const { until, others, none } = cursor.note().note;
  deepStrictEqual([until, [...others], none], [50, [[3, 2]], [2, 40]]);
});
