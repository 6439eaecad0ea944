import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { StoredRecord } from "../../../../../lib/streams/reader_source.ts";
import type { KafkaBatch } from "../../../../../lib/streams/kafka/kafka_client.ts";
import { KafkaCursor } from "../../../../../lib/streams/kafka/kafka_cursor.ts";

const TEXT = new TextEncoder();

function batch(first: number, deltas: readonly number[], more: Partial<KafkaBatch> = {}): KafkaBatch {
  return {
    firstOffset: BigInt(first),
    lastOffsetDelta: deltas.at(-1) ?? 0,
    attributes: 0,
    firstTimestamp: 1_000n,
    maxTimestamp: 2_000n,
    records: deltas.map((offsetDelta) => ({
      offsetDelta,
      timestampDelta: BigInt(offsetDelta),
      key: TEXT.encode("k"),
      value: TEXT.encode(String(first + offsetDelta)),
      headers: [[TEXT.encode("X-Mine"), TEXT.encode("1")], [TEXT.encode("empty"), null]],
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
    headers: { "x-mine": "1", empty: "" },
    offset: 0,
    publishedAt: 1_000,
  });
  deepStrictEqual([second.publishedAt, third.publishedAt], [1_001, 2_000]);
});
