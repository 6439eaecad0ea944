import { Cursor, type CursorPartition } from "../cursor.ts";
import type { StoredRecord } from "../reader_source.ts";
import { committedBatches } from "./committed_batches.ts";
import { readKafkaHeaders } from "./foreign_headers.ts";
import type { AbortedTransaction, KafkaBatch } from "./kafka_client.ts";
import { NO_TRIES, triesIn, type TriesNote } from "./tries_note.ts";

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

const BROKERS_TIME = 0b1000;
const NOTED_AHEAD = 500; // noted as given out before they are, so that not each delivery waits for the broker

/** A group's place in a partition, for the subscriber that reads there. */
export class KafkaCursor extends Cursor<KafkaPartition> {
  /** Another reads there: what was in hand is given out again. */
  isLost = false;
  /** What the broker keeps of it. */
  saved: number;
  /** How many bytes wait to be given out. */
  bytesAhead = 0;
  /** What those who read here before noted of records that were not given out here yet. */
  readonly #before: TriesNote & { readonly others: Map<number, number> };
  /** Of those that were given out and are not done, which were not given out exactly once. */
  readonly #others = new Map<number, number>();
  /** Up to where the broker has noted what is given out. */
  #notedTo: number;
  #changes = 0;
  #noted = 0;

  constructor(index: number, from: number, before = NO_TRIES) {
    super(new KafkaPartition(index, from), from);
    this.saved = from;
    this.#before = { ...before, others: new Map(before.others) };
    this.#notedTo = from;
  }

  /** Whether the broker knows of each record that was given out, how often. */
  get isNoted(): boolean {
    return this.#noted === this.#changes;
  }

  /** What the broker is to note. `onNoted` is called when it has. */
  note({ isLeaving = false } = {}): { readonly note: TriesNote; readonly onNoted: () => void } {
    const { next } = this;
    const ahead = Math.min(this.partition.end, next + NOTED_AHEAD);
    const until = isLeaving ? this.#before.until : Math.max(ahead, this.#before.until);
    const others = new Map(this.#others);
    for (const [offset, tries] of this.#before.others) {
      if (this.#isOpen(offset) || this.isDone(offset)) this.#before.others.delete(offset);
      else others.set(offset, tries);
    }
    if (isLeaving) {
      for (const offset of this.open()) if (offset >= until) others.set(offset, this.triesOf(offset));
    }
    const changes = this.#changes;
    return {
      note: { until, others, none: [next, this.#before.none?.[1] ?? next] },
      onNoted: () => {
        this.#noted = changes;
        this.#notedTo = isLeaving ? next : ahead;
      },
    };
  }

  /** The first offset that was not given out. */
  get next(): number {
    const { ahead, at, end } = this.partition;
    return ahead[at]?.offset ?? end;
  }

  /** What the broker may keep: everything before it is done. */
  get toSave(): number {
    return this.openCount > 0 ? this.committed : this.next;
  }

  /** How many records there are that were fetched and are not done. */
  get fetched(): number {
    return this.openCount + this.partition.ahead.length - this.partition.at;
  }

  /** Keeps what was fetched, but what was published in transactions that came to nothing. */
  keep(batches: readonly KafkaBatch[], aborted: readonly AbortedTransaction[] = []): void {
    const { partition } = this;
    const committed = committedBatches(batches, aborted);
    for (const batch of batches) {
      const first = Number(batch.firstOffset);
      for (const record of committed.has(batch) ? batch.records : []) {
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
    return offset === undefined ? undefined : this.storedAt(offset) ?? this.partition.ahead[this.partition.at];
  }

  isLostAt(offset: number): boolean {
    return this.isLost && this.saved <= offset;
  }

  override triesOf(offset: number): number {
    return this.#isOpen(offset) ? super.triesOf(offset) : triesIn(this.#before, offset);
  }

  override take(offset: number): void {
    const { partition } = this;
    const record = this.#isOpen(offset) ? undefined : partition.ahead[partition.at++]!;
    super.take(offset, record);
    this.#count(offset, this.triesOf(offset));
    if (record === undefined) return;
    this.bytesAhead -= sizeOf(record);
    if (partition.at * 2 > partition.ahead.length) {
      partition.ahead.splice(0, partition.at);
      partition.at = 0;
    }
  }

  override commit(offset: number): void {
    this.#others.delete(offset);
    super.commit(offset);
  }

  override putBack(offset: number, now: number): void {
    super.putBack(offset, now);
    this.#count(offset, this.triesOf(offset));
  }

  #isOpen(offset: number): boolean {
    return this.storedAt(offset) !== undefined;
  }

  #count(offset: number, tries: number): void {
    if (tries === 1) this.#others.delete(offset);
    else this.#others.set(offset, tries);
    if (tries !== 1 || offset >= this.#notedTo) this.#changes += 1;
  }
}

function sizeOf({ bytes }: StoredRecord): number {
  return bytes.length + 200; // headers and the object itself, about
}

function readRecord(batch: KafkaBatch, record: KafkaBatch["records"][number], offset: number): StoredRecord {
  const headers = readKafkaHeaders(record);
  const publishedAt = (batch.attributes & BROKERS_TIME) !== 0
    ? batch.maxTimestamp
    : batch.firstTimestamp + record.timestampDelta;
  return {
    key: record.key === null ? undefined : record.key.toString(),
    bytes: plain(record.value),
    headers,
    offset,
    publishedAt: Number(publishedAt),
  };
}

/** Not as a buffer, whose slices share memory. */
function plain(bytes: Uint8Array | null): Uint8Array {
  return bytes === null ? new Uint8Array() : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
