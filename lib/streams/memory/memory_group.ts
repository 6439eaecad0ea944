import { recordOf } from "../reader.ts";
import type { StreamRecord, SubscribeOptions } from "../stream.ts";
import { MemoryCursor } from "./memory_cursor.ts";
import type { MemoryLog, Partition } from "./memory_log.ts";
import type { MemorySource } from "./memory_source.ts";

/** What one group has read of a stream, and which of its members reads which partition. */
export class MemoryGroup {
  readonly name: string;
  readonly #log: MemoryLog;
  readonly #cursors: readonly MemoryCursor[];
  #members: MemorySource[] = [];

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
    return this.#cursors.flatMap((cursor) =>
      cursor.open().map((offset) => ({ cursor, stored: cursor.recordAt(offset) }))
    )
      .sort((one, other) => one.stored.sequence - other.stored.sequence)
      .map(recordOf);
  }

  /** The places of a member that it may give records of. */
  cursorsOf(member: MemorySource): MemoryCursor[] {
    return this.#cursors.filter(({ owner, heir }) => owner === member && heir === undefined);
  }

  /** A member comes, and gets its share of the partitions. */
  join(member: MemorySource): void {
    this.#members.push(member);
    this.#share();
  }

  /** A member goes; what it has in hand is given to others. */
  leave(member: MemorySource, now: number): void {
    this.#members = this.#members.filter((other) => other !== member);
    for (const cursor of this.#cursors) {
      if (cursor.owner !== member) continue;
      cursor.giveBack(now);
      cursor.owner = undefined;
    }
    this.#share();
  }

  /** Tells the members that there may be something to give out. */
  look(): void {
    for (const member of this.#members) member.look();
  }

  /** Something is done or comes again: there may be room for who publishes, and partitions for others. */
  settled(): void {
    this.#handOver();
    this.#log.makeRoom();
    for (const group of this.#log.groups.values()) group.look();
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
}

function beginning({ first, end, records }: Partition, from: NonNullable<SubscribeOptions["from"]>): number {
  if (from === "start") return first;
  if (from === "end") return end;
  const index = records.findIndex(({ publishedAt }) => publishedAt >= from.getTime());
  return index < 0 ? end : first + index;
}
