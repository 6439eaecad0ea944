import { StreamError } from "../../errors.ts";
import type { CursorPartition } from "../cursor.ts";
import { hashOf } from "../hash_of.ts";
import type { StoredRecord as KeptRecord } from "../reader_source.ts";
import type { WireRecord } from "../record.ts";
import type { SubscribeOptions } from "../stream.ts";
import { MemoryGroup } from "./memory_group.ts";

/** A record that is kept: when it came, and its place among all records of the stream. */
export interface StoredRecord extends KeptRecord {
  readonly sequence: number;
}

/** Records in order; the first that is still kept stands at offset `first`. */
export interface Partition extends CursorPartition {
  first: number;
  readonly records: StoredRecord[];
}

/** Who waits to publish, and with what. */
interface Publication {
  readonly record: WireRecord;
  readonly by: object;
  readonly now: () => number;
  readonly placed: () => void;
  readonly refuse: (error: StreamError) => void;
}

const KEPT_RECORDS = 10_000; // of those that every group is done with: enough for a late group, bounded for days of running

/** The records of one stream in this process, in partitions by key, and the groups that read them. */
export class MemoryLog {
  readonly path: string;
  readonly partitions: readonly Partition[];
  readonly groups = new Map<string, MemoryGroup>();
  /** How many records may wait for the slowest group. */
  capacity: number;
  #published = 0;
  #kept = 0;
  #waiting: Publication[] = [];

  constructor(path: string, { partitions, capacity }: { partitions: number; capacity: number }) {
    this.path = path;
    this.capacity = capacity;
    this.partitions = Array.from({ length: partitions }, (_, index) => ({
      index,
      first: 0,
      records: [],
      get end() {
        return this.first + this.records.length;
      },
    }));
  }

  /** Keeps records; resolves when there was room for all. `by` names who publishes, for `abandon`. */
  async append(records: readonly WireRecord[], { by, now }: { by: object; now: () => number }): Promise<void> {
    const placings = records.map((record) =>
      new Promise<void>((placed, refuse) => this.#waiting.push({ record, by, now, placed, refuse }))
    );
    this.makeRoom();
    for (const group of this.groups.values()) group.look();
    await Promise.all(placings);
  }

  /** Takes back what somebody still waits to publish. */
  abandon(by: object, error: StreamError): void {
    const given = this.#waiting.filter((publication) => publication.by === by);
    this.#waiting = this.#waiting.filter((publication) => publication.by !== by);
    for (const { refuse } of given) refuse(error);
  }

  /** Lets those in who wait to publish, in their order, as far as there is room. */
  makeRoom(): void {
    let room = this.capacity - this.#backlog();
    let placed = 0;
    while (placed < this.#waiting.length && room > 0) {
      this.#place(this.#waiting[placed]!);
      placed += 1;
      room -= 1;
    }
    this.#waiting.splice(0, placed);
    if (this.#waiting.length > 0 && this.groups.size === 0) {
      const state = `it keeps ${this.#kept} records and no group reads it (capacity ${this.capacity})`;
      for (const { refuse } of this.#waiting.splice(0)) {
        refuse(new StreamError(`Cannot publish to ${this.path}: ${state}`));
      }
    }
    if (this.#kept >= KEPT_RECORDS * 2) this.#forget();
  }

  /** The group of a name; one that is new begins where it says. */
  group({ group: name, from }: Pick<SubscribeOptions, "group" | "from">): MemoryGroup {
    let group = this.groups.get(name);
    if (group === undefined) this.groups.set(name, group = new MemoryGroup(name, this, from ?? "start"));
    return group;
  }

  /** How many records a group has not acknowledged; for one that has not come yet, all. */
  lag(name: string): number {
    return this.groups.get(name)?.lag ?? this.#kept;
  }

  /** Everything that is still kept, in the order of publishing, and where it stands. */
  all(): { readonly partition: Partition; readonly offset: number; readonly record: StoredRecord }[] {
    return this.partitions.flatMap((partition) =>
      partition.records.map((record, index) => ({ partition, offset: partition.first + index, record }))
    ).sort((one, other) => one.record.sequence - other.record.sequence);
  }

  #backlog(): number {
    if (this.groups.size === 0) return this.#kept;
    return Math.max(...this.groups.values().map((group) => group.lag));
  }

  #place({ record, now, placed }: Publication): void {
    const sequence = this.#published++;
    const index = record.key === undefined ? sequence : hashOf(record.key);
    const { end: offset, records } = this.partitions[index % this.partitions.length]!;
    records.push({ ...record, offset, publishedAt: now(), sequence });
    this.#kept += 1;
    placed();
  }

  /** Lets go of old records that every group is done with. */
  #forget(): void {
    const share = Math.ceil(KEPT_RECORDS / this.partitions.length);
    for (const partition of this.partitions) {
      const done = Math.min(...this.groups.values().map((group) => group.committed(partition.index)));
      const gone = Math.max(0, Math.min(done - partition.first, partition.records.length - share));
      partition.records.splice(0, gone);
      partition.first += gone;
      this.#kept -= gone;
    }
  }
}
