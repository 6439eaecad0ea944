import { StreamError } from "../../errors.ts";
import { Delivery, type TryLimits } from "../delivery.ts";
import { openRecord } from "../record.ts";
import type { RecordError, StreamRecord, SubscribeOptions } from "../stream.ts";
import type { StreamClock } from "../stream_clock.ts";
import { MemoryCursor } from "./memory_cursor.ts";
import type { MemoryLog, Partition, StoredRecord } from "./memory_log.ts";

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
      .map(recordAt);
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

  /** Gives a member what is next of its partitions, in the order of publishing. */
  #serve(member: Member): boolean {
    const now = member.clock.now();
    const cursors = this.#cursors.filter(({ owner, heir }) => owner === member && heir === undefined);
    const given = new Map<StreamRecord, StoredRecord>();
    while (given.size < member.maxRecords) {
      const next = earliest(cursors, now);
      if (next === undefined) break;
      next.cursor.take(next.offset);
      given.set(recordAt(next), next.stored);
    }
    if (given.size > 0) member.take(this.#deliver(member, given));
    return given.size > 0;
  }

  #deliver(member: Member, given: ReadonlyMap<StreamRecord, StoredRecord>): Delivery {
    return new Delivery([...given.keys()], {
      // deno-lint-ignore require-await -- what cannot be settled rejects, as with a broker
      commit: async (records) => {
        this.#refuseGone(member, records);
        this.#settle(records, (cursor, offset) => cursor.commit(offset));
        this.#log.makeRoom();
        for (const group of this.#log.groups.values()) group.look();
      },
      // deno-lint-ignore require-await -- see above
      deliverAgain: async (records, afterMs) => {
        const dueAt = member.clock.now() + afterMs;
        this.#refuseGone(member, records);
        this.#settle(records, (cursor, offset) => cursor.giveAgain(offset, dueAt));
        this.look();
      },
      bury: (record, error) => member.bury(given.get(record)!, error),
    }, member.limits);
  }

  #refuseGone(member: Member, records: readonly StreamRecord[]): void {
    if (this.#members.includes(member)) return;
    throw new StreamError(
      `Cannot settle ${records.length} records of ${this.#log.path}: the subscriber has left group "${this.name}", so they are given out again`,
    );
  }

  #settle(
    records: readonly StreamRecord[],
    settle: (cursor: MemoryCursor<Member>, offset: number) => void,
  ): void {
    for (const { partition, offset } of records) settle(this.#cursors[Number(partition)]!, Number(offset));
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

function beginning({ first, end, records }: Partition, from: NonNullable<SubscribeOptions["from"]>): number {
  if (from === "start") return first;
  if (from === "end") return end;
  const index = records.findIndex(({ publishedAt }) => publishedAt >= from.getTime());
  return index < 0 ? end : first + index;
}

function earliest<Owner>(cursors: readonly MemoryCursor<Owner>[], now: number) {
  let first: ReturnType<typeof storedAt<Owner>> | undefined;
  for (const cursor of cursors) {
    const offset = cursor.peek(now);
    if (offset === undefined) continue;
    const found = storedAt(cursor, offset);
    if (first === undefined || found.stored.sequence < first.stored.sequence) first = found;
  }
  return first;
}

function storedAt<Owner>(cursor: MemoryCursor<Owner>, offset: number) {
  const { first, records } = cursor.partition;
  return { cursor, offset, stored: records[offset - first]! };
}

function recordAt<Owner>({ cursor, offset, stored }: ReturnType<typeof storedAt<Owner>>): StreamRecord {
  return openRecord(stored, {
    partition: String(cursor.partition.index),
    offset: String(offset),
    tries: cursor.triesOf(offset),
    publishedAt: stored.publishedAt,
  });
}
