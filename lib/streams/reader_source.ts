import type { StreamAway } from "./answering.ts";
import type { Cursor } from "./cursor.ts";
import type { WireRecord } from "./record.ts";

/** A record that a stream keeps. */
export interface StoredRecord extends WireRecord {
  /** Ascends in its partition; there may be gaps. */
  readonly offset: number;
  readonly publishedAt: number;
  /** What readers are told for its offset. Default: the offset. */
  readonly place?: string;
  /** Where it stands among the records of all partitions. Default: by `publishedAt`. */
  readonly sequence?: number;
}

/** A subscriber's place in a partition that it reads. */
export interface ReadCursor extends Cursor {
  /** The record that may be given out next; `take` gives it out. */
  head(now: number): StoredRecord | undefined;
  /** Whether others may have been given the record at an offset: then it is not settled here any more. */
  isLostAt(offset: number): boolean;
}

/** A record on its way to a reader. */
export interface Given<Place extends ReadCursor = ReadCursor> {
  readonly cursor: Place;
  readonly stored: StoredRecord;
}

/** What a driver does for one reader: which records are next, and who has to know what became of them. */
export interface ReaderSource<Place extends ReadCursor = ReadCursor> {
  /** The partitions that it may give records of now. */
  cursors(): readonly Place[];
  /** What is next of them. Each is taken before the next is asked for. */
  heads(): Iterable<Given<Place>> | Promise<Iterable<Given<Place>>>;
  /** Sees to it that a broker knows what was given out, is done, or comes again. */
  keep(cursors: ReadonlySet<Place>, what: "given" | "done" | "again"): Promise<void>;
  /** Is called whenever nothing more can be given out; tells whether somebody waits. */
  rest?(isWaiting: boolean): void;
  /** What readers are told of an error; undefined where the broker is away, and is asked again. */
  faultOf?(error: unknown): unknown;
  /** Since when what keeps the stream does not answer; undefined where it does. Left out where that is an error at once. */
  away?(): StreamAway | undefined;
  /** Takes its place in the group. */
  join(): Promise<void>;
  /** Leaves the group: others get at once what was read here. */
  leave(): Promise<void>;
  /** Stops as a kill does: others find out when the session ends. */
  abandon(): void | Promise<void>;
}
