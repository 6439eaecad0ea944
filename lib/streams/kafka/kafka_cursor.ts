import { Cursor, type CursorPartition } from "../cursor.ts";
import type { StoredRecord } from "../reader_source.ts";
import type { KafkaBatch } from "./kafka_client.ts";

/** What was fetched of a partition and not given out yet. */
class KafkaPartition implements CursorPartition {
  readonly index: number;
  /** Where to fetch next. */
  end: number;
  readonly ahead: StoredRecord[] = []; // the first at `at`
  at = 0;

  constructor(index: number, end: number) {
    this.index = index;
    this.end = end;
  }

  /** Offsets have gaps: what was compacted, and marks of transactions. */
  skipTo(): number {
    return this.ahead[this.at]?.offset ?? this.end;
  }
}

const CONTROL = 0b10_0000;
const BROKERS_TIME = 0b1000;
const TEXT = new TextDecoder();

/** A group's place in a partition, for the subscriber that reads there. */
export class KafkaCursor extends Cursor<KafkaPartition> {
  /** Another reads there: what was in hand is given out again. */
  isLost = false;
  /** What the broker keeps of it. */
  saved: number;
  /** How many bytes wait to be given out. */
  bytesAhead = 0;
  readonly #open = new Map<number, StoredRecord>();

  constructor(index: number, from: number) {
    super(new KafkaPartition(index, from), from);
    this.saved = from;
  }

  /** What the broker may keep: everything before it is done. */
  get toSave(): number {
    const { ahead, at, end } = this.partition;
    return this.#open.size > 0 ? this.committed : ahead[at]?.offset ?? end;
  }

  /** How many records there are that were fetched and are not done. */
  get fetched(): number {
    return this.#open.size + this.partition.ahead.length - this.partition.at;
  }

  /** Keeps what was fetched. */
  keep(batches: readonly KafkaBatch[]): void {
    const { partition } = this;
    for (const batch of batches) {
      const first = Number(batch.firstOffset);
      const records = (batch.attributes & CONTROL) === 0 ? batch.records : [];
      for (const record of records) {
        const offset = first + record.offsetDelta;
        if (offset < partition.end) continue; // a batch comes whole
        partition.ahead.push(readRecord(batch, record, offset));
        this.bytesAhead += sizeOf(partition.ahead.at(-1)!);
      }
      partition.end = Math.max(partition.end, first + batch.lastOffsetDelta + 1);
    }
  }

  /** The record that may be given out next. */
  head(now: number): StoredRecord | undefined {
    const offset = this.peek(now);
    return offset === undefined ? undefined : this.#open.get(offset) ?? this.partition.ahead[this.partition.at];
  }

  isLostAt(offset: number): boolean {
    return this.isLost && this.saved <= offset;
  }

  override take(offset: number): void {
    super.take(offset);
    if (this.#open.has(offset)) return;
    const { partition } = this;
    const record = partition.ahead[partition.at++]!;
    this.#open.set(offset, record);
    this.bytesAhead -= sizeOf(record);
    if (partition.at * 2 > partition.ahead.length) {
      partition.ahead.splice(0, partition.at);
      partition.at = 0;
    }
  }

  override commit(offset: number): void {
    this.#open.delete(offset);
    super.commit(offset);
  }
}

function sizeOf({ bytes }: StoredRecord): number {
  return bytes.length + 200; // headers and the object itself, about
}

function readRecord(batch: KafkaBatch, record: KafkaBatch["records"][number], offset: number): StoredRecord {
  const headers: Record<string, string> = {};
  for (const [name, value] of record.headers) headers[textOf(name).toLowerCase()] = textOf(value);
  const publishedAt = (batch.attributes & BROKERS_TIME) !== 0
    ? batch.maxTimestamp
    : batch.firstTimestamp + record.timestampDelta;
  return {
    key: record.key === null ? undefined : textOf(record.key),
    bytes: plain(record.value),
    headers,
    offset,
    publishedAt: Number(publishedAt),
  };
}

function textOf(bytes: Uint8Array | null): string {
  return bytes === null ? "" : TEXT.decode(bytes);
}

/** Not as a buffer, whose slices share memory. */
function plain(bytes: Uint8Array | null): Uint8Array {
  return bytes === null ? new Uint8Array() : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
