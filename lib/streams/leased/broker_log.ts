import type { StreamAway } from "../answering.ts";
import type { StoredRecord } from "../reader_source.ts";
import type { WireRecord } from "../record.ts";

/** A record that a broker keeps. */
export interface KeptRecord extends StoredRecord {
  /** What the broker calls it. */
  readonly place: string;
}

/** Where a group stands in a partition. */
export interface Position {
  /** Of the first record that it has not been given, or less where none is there yet. */
  readonly offset: number;
  /** What the broker calls the last record that it has been given. */
  readonly behind: string;
}

/** A text that the broker keeps for a group; its version is 1 or more, and another after each writing. */
export interface Document {
  readonly version: number;
  readonly text: string;
}

/**
 * What a broker must do so that groups can share its partitions: keep records in order, and small texts that are written only by
 * who knows the last version. Each call waits a bounded time for a broker that does not answer, then rejects with a StreamError.
 */
export interface BrokerLog {
  /** As messages name the stream, without its password. */
  readonly name: string;
  readonly partitions: number;
  /** Since when the broker does not answer; undefined where it does. */
  readonly away: StreamAway | undefined;
  /** Milliseconds since 1970, by the broker's clock. Left out where the broker tells no time. */
  now?(): Promise<number>;
  /** How a group that is new begins in each partition. */
  beginning(from: "start" | "end" | Date): Promise<Position[]>;
  /** @throws {StreamError} If the broker would never take the record. */
  check(record: WireRecord): void;
  /**
   * Resolves when all are kept, each once, in their order; 1,000 at most.
   *
   * @throws {RefusedError} If the broker says no, and it is known which it keeps.
   */
  append(records: readonly WireRecord[]): Promise<void>;
  /** Records of a partition from a position on, so many at most. */
  read(partition: number, from: Position, most: number): Promise<KeptRecord[]>;
  /** Records by their offsets and places; those that have gone are left out. */
  find(partition: number, wanted: readonly Pick<KeptRecord, "offset" | "place">[]): Promise<KeptRecord[]>;
  /** How many records are kept from a position on. */
  countFrom(partition: number, from: Position): Promise<number>;
  /** What is kept for a group under some names. */
  readDocuments(group: string, names: readonly string[]): Promise<(Document | undefined)[]>;
  /** Writes over a version, 0 where there is none; tells the new one, undefined where another has written. */
  writeDocument(group: string, name: string, text: string, over: number): Promise<number | undefined>;
  /** The groups for which something is kept. Left out where the broker does not list them. */
  groups?(): Promise<string[]>;
  /** Forgets what is kept for a group. */
  forgetGroup?(group: string): Promise<void>;
  /** Deletes the stream, with all that is kept for its groups. Left out where it stays. */
  remove?(): Promise<void>;
  /** Tells every process that looks on that a group has changed. */
  tellGroup(group: string): void;
  /** Calls back when records have come (undefined), or a group has changed. Missing some is no harm. */
  watch(listener: (group: string | undefined) => void): Promise<void>;
  /** Ends the connection; what waits for an answer is rejected. */
  close(): Promise<void>;
}
