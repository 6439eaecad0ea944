import { Cursor } from "../cursor.ts";
import type { Partition, StoredRecord } from "./memory_log.ts";
import type { MemorySource } from "./memory_source.ts";

/** A group's place in a partition, and which of its members reads there. */
export class MemoryCursor extends Cursor<Partition> {
  /** Who gets the records of the partition; undefined where nobody reads. */
  owner: MemorySource | undefined;
  /** Who is to get them when the owner is done with what it has in hand. */
  heir: MemorySource | undefined;

  head(now: number): StoredRecord | undefined {
    const offset = this.peek(now);
    return offset === undefined ? undefined : this.recordAt(offset);
  }

  /** A record that is kept. */
  recordAt(offset: number): StoredRecord {
    const { first, records } = this.partition;
    return records[offset - first]!;
  }

  /** Only who leaves its group loses what it has in hand. */
  isLostAt(): boolean {
    return false;
  }
}
