import type { StatementSync } from "node:sqlite";
import { hashOf } from "../hash_of.ts";
import type { StoredRecord } from "../reader_source.ts";
import type { WireRecord } from "../record.ts";
import type { StreamHolder } from "../stream.ts";
import type { LocalDatabase } from "./local_database.ts";
import { headOf, type Row, rowOf } from "./local_row.ts";

/** What is kept of a partition: from `first` to before `next`. */
export interface Extent {
  readonly first: number;
  readonly next: number;
  /** How many bytes its largest record has. */
  readonly largest: number;
}

interface Growing {
  next: number;
  lastAt: number;
  largest: number;
}

/** Whether whoever publishes waits for the group of a cursor: else none of its members, but this word and a time own it, so who reads as it takes it. */
export const IS_WAITED_FOR = "(owner IS NULL OR owner NOT GLOB 'retired*')";
const RETIRED = "retired ";
const KEPT_RECORDS = 100_000; // of those that every group is done with, without a retention: enough for a late group
const KEPT_MS = 7 * 86_400_000; // what only groups have not read for which nobody waits: Kafka's default
const TRIMMED_AT_ONCE = 2_000; // some milliseconds
const READ_BYTES = 16_000_000; // at once, unless one record is larger

/** The records of a stream in its file. What writes is called in a transaction of a `WriteQueue`. */
export class LocalLog {
  readonly database: LocalDatabase;
  readonly #inserts: readonly StatementSync[];
  readonly #reads: readonly StatementSync[];
  readonly #sizes: readonly StatementSync[];
  readonly #extents: StatementSync;
  readonly #extend: StatementSync;
  readonly #backlog: StatementSync;
  readonly #lag: StatementSync;
  readonly #slowest: StatementSync;
  readonly #readers: StatementSync;
  #keyless = Math.floor(Math.random() * 1_024); // processes begin at partitions of their own

  constructor(database: LocalDatabase) {
    this.database = database;
    const each = (sql: (partition: number) => string) =>
      Array.from({ length: database.partitions }, (_, partition) => database.prepare(sql(partition)));
    this.#inserts = each((n) => `INSERT INTO records_${n} VALUES (?, ?, ?, ?)`);
    this.#reads = each((n) =>
      `SELECT offset, published_at AS publishedAt, head, bytes FROM records_${n} WHERE offset >= ? ORDER BY offset LIMIT ?`
    );
    this.#sizes = each((n) =>
      `SELECT total(size) AS size FROM (SELECT length(bytes) AS size FROM records_${n} WHERE offset >= ? ORDER BY offset LIMIT ?)`
    );
    this.#extents = database.prepare(
      "SELECT first, next, last_at AS lastAt, largest FROM partitions ORDER BY partition",
    );
    this.#extend = database.prepare("UPDATE partitions SET next = ?, last_at = ?, largest = ? WHERE partition = ?");
    const lag =
      "sum(c.open + max(0, p.next - max(c.next, p.first))) AS lag FROM cursors c JOIN partitions p USING (partition)";
    const waitedFor = `${lag} WHERE ${IS_WAITED_FOR} GROUP BY c.grp`;
    this.#backlog = database.prepare(
      `SELECT (SELECT capacity FROM stream) AS capacity, max(lag) AS lag FROM (SELECT ${waitedFor})`,
    );
    this.#slowest = database.prepare(`SELECT c.grp AS name, ${waitedFor} ORDER BY lag DESC, name LIMIT 1`);
    this.#readers = database.prepare(
      "SELECT count(*) AS count, max(expires_at) AS until FROM members WHERE grp = ? AND expires_at > ?",
    );
    this.#lag = database.prepare(`SELECT ${lag} WHERE c.grp = ?`);
  }

  /** How many records the slowest group lets in. */
  get room(): number {
    const { capacity, lag } = this.database.read(() => this.#backlog.get()) as { capacity: number; lag: number | null };
    return lag === null ? Infinity : capacity - lag;
  }

  /** What is kept of each partition. */
  extents(): Extent[] {
    return this.database.read(() => this.#extents.all()) as unknown as Extent[];
  }

  /** How many records a group has not acknowledged; for one that has not come yet, all. */
  lag(group: string): number {
    const { lag } = this.database.read(() => this.#lag.get(group)) as { lag: number | null };
    return lag ?? this.extents().reduce((sum, { first, next }) => sum + next - first, 0);
  }

  /** The group for which whoever publishes waits longest, and whether somebody reads as it; undefined where there is none. */
  slowest(now: number): StreamHolder | undefined {
    const held = this.database.read(() => this.#slowest.get()) as { name: string; lag: number } | undefined;
    return held && { group: held.name, lag: held.lag, isRead: this.#readersOf(held.name, now).count > 0 };
  }

  /** Waits for a group no more, unless it has readers: tells until when the last of these has promised to be there. */
  retire(group: string, now: number): number | undefined {
    const { until } = this.#readersOf(group, now);
    if (until !== null) return until;
    this.database.prepare("DELETE FROM members WHERE grp = ?").run(group);
    this.database.prepare(`UPDATE cursors SET owner = ? WHERE grp = ? AND ${IS_WAITED_FOR}`).run(RETIRED + now, group);
    return undefined;
  }

  /** Writes records behind those that are there. */
  append(records: readonly WireRecord[], now: number): void {
    const extents = this.#extents.all() as unknown as (Growing & { isNew?: true })[];
    for (const { key, headers, bytes } of records) {
      const partition = (key === undefined ? this.#keyless++ : hashOf(key)) % extents.length;
      const extent = extents[partition]!;
      extent.lastAt = Math.max(extent.lastAt, now);
      extent.largest = Math.max(extent.largest, bytes.length);
      extent.isNew = true;
      this.#inserts[partition]!.run(extent.next++, extent.lastAt, headOf({ key, headers }), bytes);
    }
    for (const [partition, { next, lastAt, largest, isNew }] of extents.entries()) {
      if (isNew) this.#extend.run(next, lastAt, largest, partition);
    }
  }

  /**
   * The records of a partition from an offset on, so many at most, fewer where they are large (`largest`: none has more bytes).
   * Not by `iterate`: in Deno 2.9.6 that ends without a word where the file is damaged.
   */
  read(partition: number, from: number, { most, largest }: { most: number; largest: number }): StoredRecord[] {
    let count = most;
    while (count > 1 && count * largest > READ_BYTES && this.#sizeOf(partition, from, count) > READ_BYTES) {
      count = Math.ceil(count / 4);
    }
    const rows = this.database.read(() => this.#reads[partition]!.all(from, count)) as unknown as Row[];
    return rows.map(rowOf);
  }

  /** The first offset that was published at a time or later. */
  offsetAt(partition: number, time: number): number {
    let { first: low, next: high } = this.extents()[partition]!;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [record] = this.read(partition, middle, { most: 1, largest: 0 });
      if (record === undefined || record.publishedAt >= time) high = middle;
      else low = record.offset + 1;
    }
    return low;
  }

  /**
   * Lets go of what is older than the stream's retention; without one, of what every group is done with, and of what only groups want for
   * which nobody has waited for a week, but the newest. Tells whether there is more to do.
   */
  trim(now: number): boolean {
    const { retention } = this.database.prepare("SELECT retention_ms AS retention FROM stream").get() as {
      retention: number | null;
    };
    let isMore = false;
    for (const [partition, { first, next }] of this.extents().entries()) {
      const until = retention === null
        ? Math.min(next - Math.ceil(KEPT_RECORDS / this.database.partitions), this.#wantedFrom(partition, now))
        : this.offsetAt(partition, now - retention);
      const before = Math.min(until, first + TRIMMED_AT_ONCE);
      if (before <= first) continue;
      this.database.prepare(`DELETE FROM records_${partition} WHERE offset < ?`).run(before);
      this.database.prepare("UPDATE partitions SET first = ? WHERE partition = ?").run(before, partition);
      isMore ||= before < until;
    }
    return isMore;
  }

  #readersOf(group: string, now: number): { count: number; until: number | null } {
    return this.database.read(() => this.#readers.get(group, now)) as { count: number; until: number | null };
  }

  #sizeOf(partition: number, from: number, count: number): number {
    const row = this.database.read(() => this.#sizes[partition]!.get(from, count));
    return (row as { size: number }).size;
  }

  /** The first record that some group may want; of a stream that no group has read yet, whoever comes may want all. */
  #wantedFrom(partition: number, now: number): number {
    const rows = this.database.prepare(
      `SELECT committed, owner, ${IS_WAITED_FOR} AS isWaitedFor FROM cursors WHERE partition = ?`,
    ).all(partition) as unknown as { committed: number; owner: string; isWaitedFor: number }[];
    const waitedFor = rows.filter(({ isWaitedFor }) => isWaitedFor === 1);
    if (rows.length === 0) return 0;
    const done = Math.min(...(waitedFor.length > 0 ? waitedFor : rows).map(({ committed }) => committed));
    if (waitedFor.length > 0) return done;
    const retiredAt = Math.max(...rows.map(({ owner }) => Number(owner.slice(RETIRED.length))));
    return now - retiredAt < KEPT_MS ? done : Math.max(done, this.offsetAt(partition, now - KEPT_MS));
  }
}
