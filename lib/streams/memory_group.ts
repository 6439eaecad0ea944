import { StreamError } from "../errors.ts";
import { Delivery, type TryLimits } from "./delivery.ts";
import { MemoryCursor } from "./memory_cursor.ts";
import type { MemoryLog, Partition, StoredRecord } from "./memory_log.ts";
import { openRecord } from "./record.ts";
import type { RecordError, StreamRecord, SubscribeOptions } from "./stream.ts";
import type { StreamClock } from "./stream_clock.ts";

/** One subscriber, as its group sees it. */
export interface Member {
  readonly clock: StreamClock;
  readonly maxRecords: number;
  readonly limits: TryLimits;
  /** Whether it waits for a delivery. */
  readonly isWaiting: boolean;
  /** Gets a delivery that it waits for. */
  take(delivery: Delivery): void;
  /** Writes a record to the dead letters. */
  bury(record: StoredRecord, error: RecordError): Promise<void>;
}

/** What one group has read of a stream, and which of its members reads which partition. */
export class MemoryGroup {
  readonly name: string;
  readonly #log: MemoryLog;
  readonly #cursors: readonly MemoryCursor<Member>[];
  readonly #timers = new Map<Member, () => void>();
  #members: Member[] = [];
  #turn = 0;

  constructor(name: string, log: MemoryLog, from: NonNullable<SubscribeOptions["from"]>) {
    this.name = name;
    this.#log = log;
    this.#cursors = log.partitions.map((partition) => new MemoryCursor(partition, beginning(partition, from)));
  }

  /** How many records are not acknowledged. */
  get lag(): number {
    return this.#cursors.reduce((sum, { lag }) => sum + lag, 0);
  }

  /** Everything before this offset of a partition is acknowledged. */
  committed(partition: number): number {
    return this.#cursors[partition]!.committed;
  }

  /** Whether a record is acknowledged. */
  isDone(partition: number, offset: number): boolean {
    return this.#cursors[partition]!.isDone(offset);
  }

  /** The records that were given out and are not acknowledged, in the order of publishing. */
  open(): StreamRecord[] {
    return this.#cursors.flatMap((cursor) => cursor.open().map((offset) => storedAt(cursor, offset)))
      .sort((one, other) => one.stored.sequence - other.stored.sequence)
      .map(({ cursor, offset, stored }) => recordAt(cursor, offset, stored));
  }

  /** A member comes, and gets its share of the partitions. */
  join(member: Member): void {
    this.#members.push(member);
    this.#share();
  }

  /** A member goes; what it has in hand is given to others. */
  leave(member: Member): void {
    this.#members = this.#members.filter((other) => other !== member);
    this.#timers.get(member)?.();
    this.#timers.delete(member);
    for (const cursor of this.#cursors) {
      if (cursor.owner !== member) continue;
      cursor.giveBack(member.clock.now());
      cursor.owner = undefined;
    }
    this.#share();
  }

  /** Looks whether a member that waits can be given something. */
  look(): void {
    for (const member of this.#members) {
      while (member.isWaiting && this.#serve(member)) { /* it may ask again at once */ }
      if (member.isWaiting) this.#wakeLater(member);
    }
  }

  #serve(member: Member): boolean {
    const now = member.clock.now();
    for (let step = 0; step < this.#cursors.length; step++) {
      const cursor = this.#cursors[(this.#turn + step) % this.#cursors.length]!;
      if (cursor.owner !== member || cursor.heir !== undefined) continue;
      const offsets = cursor.take(member.maxRecords, now);
      if (offsets.length === 0) continue;
      this.#turn = (cursor.partition.index + 1) % this.#cursors.length;
      member.take(this.#deliver(member, cursor, offsets));
      return true;
    }
    return false;
  }

  #deliver(member: Member, cursor: MemoryCursor<Member>, offsets: readonly number[]): Delivery {
    const stored = new Map(offsets.map((offset) => {
      const record = storedAt(cursor, offset).stored;
      return [recordAt(cursor, offset, record), record];
    }));
    return new Delivery([...stored.keys()], {
      commit: async (records) => {
        await this.#settle(member, "acknowledge", records, (offset) => cursor.commit(offset));
        this.#log.makeRoom();
        for (const group of this.#log.groups.values()) group.look();
      },
      deliverAgain: async (records, afterMs) => {
        const dueAt = member.clock.now() + afterMs;
        await this.#settle(member, "retry", records, (offset) => cursor.giveAgain(offset, dueAt));
        this.look();
      },
      bury: (record, error) => member.bury(stored.get(record)!, error),
    }, member.limits);
  }

  // deno-lint-ignore require-await -- what cannot be settled rejects, as with a broker
  async #settle(
    member: Member,
    act: string,
    records: readonly StreamRecord[],
    settle: (offset: number) => void,
  ): Promise<void> {
    if (!this.#members.includes(member)) {
      throw new StreamError(
        `Cannot ${act} ${records.length} records of ${this.#log.path}: the subscriber has left group "${this.name}", so they are given out again`,
      );
    }
    for (const { offset } of records) settle(Number(offset));
    this.#handOver();
  }

  /** Says who reads what. A partition moves when its owner is done with what it has in hand. */
  #share(): void {
    for (const [index, cursor] of this.#cursors.entries()) {
      const owner = this.#members[index % this.#members.length];
      cursor.heir = owner === cursor.owner ? undefined : owner;
    }
    this.#handOver();
    this.look();
  }

  #handOver(): void {
    for (const cursor of this.#cursors) {
      if (cursor.heir === undefined || cursor.isPending) continue;
      cursor.owner = cursor.heir;
      cursor.heir = undefined;
    }
  }

  #wakeLater(member: Member): void {
    this.#timers.get(member)?.();
    const times = this.#cursors.flatMap(({ owner, dueAt }) => owner === member && dueAt !== undefined ? [dueAt] : []);
    if (times.length === 0) {
      this.#timers.delete(member);
      return;
    }
    const afterMs = Math.max(0, Math.min(...times) - member.clock.now());
    this.#timers.set(member, member.clock.schedule(afterMs, () => this.look()));
  }
}

function beginning({ first, records }: Partition, from: NonNullable<SubscribeOptions["from"]>): number {
  if (from === "start") return first;
  if (from === "end") return first + records.length;
  const index = records.findIndex(({ publishedAt }) => publishedAt >= from.getTime());
  return first + (index < 0 ? records.length : index);
}

function storedAt<Owner>(cursor: MemoryCursor<Owner>, offset: number) {
  const { first, records } = cursor.partition;
  return { cursor, offset, stored: records[offset - first]! };
}

function recordAt<Owner>(cursor: MemoryCursor<Owner>, offset: number, stored: StoredRecord): StreamRecord {
  return openRecord(stored, {
    partition: String(cursor.partition.index),
    offset: String(offset),
    tries: cursor.triesOf(offset),
    publishedAt: stored.publishedAt,
  });
}
