import { Distance } from "../distance.ts";
import { Cursor, type CursorPartition, type CursorSnapshot } from "../cursor.ts";
import type { StoredRecord } from "../reader_source.ts";
import type { KeptRecord, Position } from "./broker_log.ts";
import { MANY_OPEN, writeState } from "./state_text.ts";

/** A group's place in a partition, as the broker keeps it. */
export interface CursorState extends Position {
  /** Who reads there; null where nobody does. */
  readonly owner: string | null;
  /** What was given out and is not done. */
  readonly open: readonly OpenRecord[];
  /** What the clock said, where some are to wait. */
  readonly at?: number | undefined;
}

/** Where it is, how often it was given out, and when it may be again. */
export type OpenRecord = readonly [offset: number, place: string, tries: number, dueAt?: number];

class ReadAhead implements CursorPartition {
  readonly index: number;
  records: KeptRecord[] = [];
  at = 0;

  constructor(index: number) {
    this.index = index;
  }

  get end(): number {
    const last = this.records.at(-1);
    return last === undefined ? 0 : last.offset + 1;
  }

  skipTo(offset: number): number {
    return Math.max(offset, this.records[this.at]?.offset ?? offset);
  }
}

/** What was asked of the broker. */
interface Reading {
  /** When, or earlier. */
  readonly at: number;
  readonly offset: number;
  readonly most: number;
  readonly records: Promise<KeptRecord[]>;
}

const READ_BYTES = 4_000_000; // at once, unless one record is larger
const FIRST_READ = 16; // records, until it is known how large they are
const USUAL_READ = 64; // records: what is long in hand costs the collector of garbage more than asking often costs
const MOST_READ = 500; // records, however small, of a broker that is far
const FAR_MS = 2; // who never answers so soon is far: more is asked of it where it is waited for
const FAR_SHARE = 0.1; // of the time
const KEPT_AHEAD_MS = 1_000;

/** A group's place in a partition, for the subscriber that reads there until its lease is lost. */
export class LeasedCursor extends Cursor<ReadAhead> {
  /** The version of what the broker keeps of the cursor. */
  version: number;
  /** Another is to read there when what is in hand is done. */
  isLeaving = false;
  /** It was let go of, with nothing in hand. */
  isFree = false;
  /** Another reads there already: what was in hand is given out again. */
  isLost = false;
  /** What is under way to write it, and what writes it after that. */
  saving: Promise<void> | undefined;
  savingNext: Promise<void> | undefined;
  #behind: string;
  #from: number;
  #most = FIRST_READ;
  #readAt = -Infinity;
  #filledAt = -Infinity; // by performance.now()
  readonly #distance = new Distance(FAR_MS);
  #next: Reading | undefined; // what follows on what is read ahead, asked for before it is needed
  #readOn: (() => Reading) | undefined; // where there is more

  /** A reader that goes on where another was; `open` are the records that were given out and are still kept. */
  constructor(index: number, { version, state, open }: {
    version: number;
    state: CursorState;
    open: readonly KeptRecord[];
  }) {
    super(new ReadAhead(index), snapshotOf(state, new Set(open.map(({ offset }) => offset))));
    this.version = version;
    this.#behind = state.behind;
    this.#from = state.offset;
    for (const record of open) this.keepStored(record);
  }

  /** Whether it must be filled before it can tell what is next: what was read long ago may have gone with the stream's retention. */
  isEmpty(now: number): boolean {
    if (this.dueAt !== undefined) return false;
    return this.partition.at >= this.partition.records.length || now - this.#readAt > KEPT_AHEAD_MS;
  }

  /** Reads on, where nothing is read ahead. */
  async fill(now: number, read: (from: Position, most: number) => Promise<KeptRecord[]>): Promise<void> {
    const next = this.#next?.offset === this.#from && now - this.#next.at <= KEPT_AHEAD_MS ? this.#next : undefined;
    [this.#next, this.#readOn] = [undefined, undefined];
    const waitsFrom = performance.now();
    const ahead = await next?.records ?? [];
    // where there was nothing more something may have come since, and nobody tells of it once more
    const { at, most, records: reading } = next !== undefined && ahead.length > 0
      ? next
      : this.#read(now, read, { offset: this.#from, behind: this.#behind });
    this.#readAt = at;
    const records = await reading;
    const wished = this.#wished(waitsFrom);
    const last = records.at(-1);
    if (last !== undefined) {
      const bytes = records.reduce((sum, record) => sum + record.bytes.length, 0);
      const within = Math.floor(READ_BYTES / Math.max(1, bytes / records.length));
      this.#most = Math.max(1, Math.min(wished, within, MOST_READ));
      const behind = { offset: last.offset + 1, behind: last.place };
      if (records.length >= most) this.#readOn = () => this.#read(at, read, behind);
    }
    this.partition.records = records;
    this.partition.at = 0;
  }

  /** How many records to ask for next, by how long the broker was waited for. */
  #wished(waitsFrom: number): number {
    const filledAt = performance.now();
    const [waited, all] = [filledAt - waitsFrom, filledAt - this.#filledAt];
    this.#filledAt = filledAt;
    if (!this.#distance.isFar) return USUAL_READ;
    return Math.max(USUAL_READ, waited > FAR_SHARE * all ? 2 * this.#most : this.#most);
  }

  #read(at: number, read: (from: Position, most: number) => Promise<KeptRecord[]>, from: Position): Reading {
    const askedAt = performance.now();
    const records = read(from, this.#most);
    records.then(() => this.#distance.answered(performance.now() - askedAt), () => {}); // whoever needs them is told
    return { at, offset: from.offset, most: this.#most, records };
  }

  /** The record that may be given out next. */
  head(now: number): KeptRecord | undefined {
    if (this.isLeaving || this.isLost) return undefined;
    const offset = this.peek(now);
    if (offset === undefined) return undefined;
    return this.storedAt(offset) as KeptRecord | undefined ?? this.partition.records[this.partition.at];
  }

  isLostAt(): boolean {
    return this.isLost;
  }

  override take(offset: number): void {
    const isAgain = this.storedAt(offset) !== undefined;
    const record = isAgain ? undefined : this.partition.records[this.partition.at++]!;
    super.take(offset, record);
    if (record === undefined) return;
    this.#behind = record.place;
    this.#from = record.offset + 1;
    const { at, records } = this.partition;
    if (2 * at < records.length || this.#readOn === undefined) return;
    this.#next = this.#readOn();
    this.#readOn = undefined;
  }

  /** What the broker is to keep of it. */
  stateText(owner: string | null): string {
    if (this.dueAt !== undefined || this.openCount >= MANY_OPEN) return writeState(this.#stateFor(owner));
    const open = this.textOfPending(textOfOpen);
    return `{"owner":${JSON.stringify(owner)},"offset":${this.#from},"behind":${
      JSON.stringify(this.#behind)
    },"open":[${open}]}`;
  }

  #stateFor(owner: string | null): CursorState {
    const { open: given, at } = this.snapshot();
    const open = given.map(({ offset, tries, dueAt }): OpenRecord => {
      const { place } = this.storedAt(offset) as KeptRecord;
      return dueAt === undefined || dueAt === -Infinity ? [offset, place, tries] : [offset, place, tries, dueAt];
    });
    const isWaiting = open.some(([, , , dueAt]) => dueAt !== undefined);
    return { owner, offset: this.#from, behind: this.#behind, open, ...(isWaiting ? { at } : {}) };
  }
}

function textOfOpen(offset: number, stored: StoredRecord, tries: number): string {
  return `[${offset},${JSON.stringify((stored as KeptRecord).place)},${tries}]`;
}

function snapshotOf({ offset, open, at }: CursorState, kept: ReadonlySet<number>): CursorSnapshot {
  const known = open.filter(([offset]) => kept.has(offset));
  return {
    committed: known[0]?.[0] ?? offset,
    next: offset,
    at,
    open: known.map(([offset, _, tries, dueAt]) => ({ offset, tries, dueAt })),
  };
}
