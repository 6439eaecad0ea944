import { StreamError } from "../../errors.ts";
import { Cursor, type CursorPartition, type CursorSnapshot } from "../cursor.ts";
import type { StoredRecord } from "../reader_source.ts";
import { BEGIN_ANEW } from "./local_fault.ts";
import type { Extent, LocalLog } from "./local_log.ts";

/** A partition in the file, as far as it is known. */
class LocalPartition implements CursorPartition {
  readonly index: number;
  first = 0;
  end = 0;
  largest = 0;

  constructor(index: number) {
    this.index = index;
  }

  skipTo(offset: number): number {
    return Math.max(offset, this.first);
  }
}

/** A row of the table of cursors. */
export interface CursorRow {
  readonly partition: number;
  readonly owner: string | null;
  readonly next: number;
  readonly committed: number;
  readonly state: string;
}

/**
 * Open records that stand together: the first offset, how many, their tries, and when they may be given out again. One of no records stands
 * behind them where some wait: its offset is what the clock said.
 */
type Run = [offset: number, count: number, tries: number, dueAt?: number];

/** A group's place in a partition, for the subscriber that reads there. */
export class LocalCursor extends Cursor<LocalPartition> {
  /** Another is to read there when what is in hand is done. */
  isLeaving = false;
  /** Another reads there already: what was in hand is given out again. */
  isLost = false;
  readonly #log: LocalLog;
  readonly #most: number;
  #ahead: StoredRecord[] = []; // read and not given out yet
  #at = 0;

  /** Reads on where a row is; so many records at once at most. */
  constructor(log: LocalLog, { partition, committed, next, state }: CursorRow, most: number) {
    const runs: Run[] = JSON.parse(state);
    const at = runs.find(([, count]) => count === 0)?.[0];
    super(new LocalPartition(partition), { committed, next, open: readRuns(runs), at });
    this.#log = log;
    this.#most = most;
  }

  /** What the file keeps of the cursor. */
  get row(): { committed: number; next: number; open: number; state: string } {
    const { committed, next, open, at } = this.snapshot();
    const runs = writeRuns(open);
    if (at !== undefined && at > -Infinity && runs.some(([, , , dueAt]) => dueAt !== undefined)) runs.push([at, 0, 0]);
    return { committed, next, open: open.length, state: JSON.stringify(runs) };
  }

  /** Learns what the partition keeps. */
  know({ first, next, largest }: Extent): void {
    this.partition.first = first;
    this.partition.end = next;
    this.partition.largest = largest;
  }

  /**
   * The record that may be given out next; those that have gone with the stream's retention are done.
   *
   * @throws {StreamError} If one is missing that should be there.
   */
  head(now: number): StoredRecord | undefined {
    if (this.isLeaving || this.isLost) return undefined;
    for (let offset = this.peek(now); offset !== undefined; offset = this.peek(now)) {
      if (offset >= this.partition.first) {
        const record = this.#recordAt(offset);
        if (record !== undefined) return record;
        this.#refuseMissing(offset);
      }
      this.take(offset);
      this.commit(offset);
    }
    return undefined;
  }

  isLostAt(): boolean {
    return this.isLost;
  }

  #recordAt(offset: number): StoredRecord | undefined {
    if (this.#ahead[this.#at]?.offset !== offset) {
      this.#at += 1; // the one behind is what is asked for, unless a record comes again
      if (this.#ahead[this.#at]?.offset !== offset) {
        this.#ahead = this.#log.read(this.partition.index, offset, {
          most: this.#most,
          largest: this.partition.largest,
        });
        this.#at = 0;
      }
    }
    const record = this.#ahead[this.#at];
    return record?.offset === offset ? record : undefined;
  }

  /** Another process may have let go of it since the partition's extent was read. */
  #refuseMissing(offset: number): void {
    const { index } = this.partition;
    this.know(this.#log.extents()[index]!);
    if (offset < this.partition.first) return;
    const { name, file } = this.#log.database;
    const what = `record ${offset} of partition ${index} is missing`;
    throw new StreamError(`Cannot read ${name}: it is damaged, ${what}. ${BEGIN_ANEW} (${file})`);
  }
}

function writeRuns(open: CursorSnapshot["open"]): Run[] {
  const runs: Run[] = [];
  for (const { offset, tries, dueAt } of open) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === offset && last[2] === tries && last[3] === dueAt) last[1] += 1;
    else runs.push(dueAt === undefined || dueAt === -Infinity ? [offset, 1, tries] : [offset, 1, tries, dueAt]);
  }
  return runs;
}

function readRuns(runs: readonly Run[]): CursorSnapshot["open"] {
  return runs.flatMap(([first, count, tries, dueAt]) =>
    Array.from({ length: count }, (_, index) => ({ offset: first + index, tries, dueAt }))
  );
}
