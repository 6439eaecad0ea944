import { Cursor } from "../cursor.ts";
import type { Partition } from "./memory_log.ts";

/** A group's place in a partition, and which of its members reads there. */
export class MemoryCursor<Owner> extends Cursor<Partition> {
  /** Who gets the records of the partition; undefined where nobody reads. */
  owner: Owner | undefined;
  /** Who is to get them when the owner is done with what it has in hand. */
  heir: Owner | undefined;
}
