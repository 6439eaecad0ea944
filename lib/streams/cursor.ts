import type { StoredRecord } from "./reader_source.ts";

/** What a cursor knows of a partition; a driver adds what it needs. */
export interface CursorPartition {
  readonly index: number;
  /** The offset behind the newest record that is known. */
  readonly end: number;
  /** The offset of the next record at or behind an offset, where offsets have gaps (compacted or expired records). Default: the offset itself. */
  skipTo?(offset: number): number;
}

/** What another needs to go on where a cursor is: see `Cursor.snapshot`. */
export interface CursorSnapshot {
  /** Everything before this offset is done. */
  readonly committed: number;
  /** The first offset that was never given out. */
  readonly next: number;
  /** What was given out and is not done, in order; `dueAt` where it waits for its retry. */
  readonly open: readonly { readonly offset: number; readonly tries: number; readonly dueAt?: number | undefined }[];
  /** What the clock said when it was asked last. */
  readonly at?: number | undefined;
}

/** A record that was given out. */
interface Slot {
  readonly offset: number;
  state: "pending" | "again" | "done";
  tries: number;
  /** When it may be given out again. */
  dueAt: number;
  stored: StoredRecord | undefined;
  /** What was made of it last, see `textOfPending`. */
  text: string | undefined;
}

/**
 * A group's place in a partition: what it has been given and has in hand, what it is done with, what comes again and when.
 * Of what a broker may keep, one offset a partition, it tells `committed`. It keeps lists alone: a set that records enter and leave all the
 * time would keep those alive that have left (`tests/bench/README.md`, *What kept garbage alive*).
 */
export class Cursor<Partition extends CursorPartition = CursorPartition> {
  readonly partition: Partition;
  /** The first offset that was never given out. */
  #next: number;
  readonly #given: Slot[] = []; // in order, the first at #head; without those before `committed`
  #head = 0;
  #pending = 0;
  #again: Slot[] = []; // in order

  #at = -Infinity;

  /** A group that begins at an offset, or goes on where another cursor was. */
  constructor(partition: Partition, from: number | CursorSnapshot) {
    this.partition = partition;
    this.#next = typeof from === "number" ? from : from.next;
    if (typeof from === "number") return;
    this.#at = from.at ?? -Infinity;
    for (const { offset, tries, dueAt = -Infinity } of from.open) {
      const slot: Slot = { offset, state: "again", tries, dueAt, stored: undefined, text: undefined };
      this.#given.push(slot);
      this.#again.push(slot);
    }
  }

  /** Everything before this offset is done. */
  get committed(): number {
    return this.#given[this.#head]?.offset ?? this.#next;
  }

  /** How many records are not done. */
  get lag(): number {
    return this.openCount + Math.max(0, this.partition.end - this.#next);
  }

  /** How many records were given out and are not done. */
  get openCount(): number {
    return this.#pending + this.#again.length;
  }

  /** How many records are done behind one that is not. */
  get doneAhead(): number {
    return this.#given.length - this.#head - this.openCount;
  }

  /** Whether the reader has records in hand. */
  get isPending(): boolean {
    return this.#pending > 0;
  }

  /** Whether the group is done with the record at an offset. */
  isDone(offset: number): boolean {
    return offset < this.committed || this.#slotAt(offset)?.state === "done";
  }

  /** The offsets that were given out and are not done, in order. */
  open(): number[] {
    return this.#open().map(({ offset }) => offset);
  }

  /** What another needs to go on from here. */
  snapshot(): CursorSnapshot {
    const open = this.#open().map(({ offset, tries, state, dueAt }) => ({
      offset,
      tries,
      dueAt: state === "again" ? dueAt : undefined,
    }));
    return { committed: this.committed, next: this.#next, open, at: this.#at };
  }

  /** A text of each record that is in hand, in order, with commas between. It is made once: there are many, and they are told often. */
  protected textOfPending(textOf: (offset: number, stored: StoredRecord, tries: number) => string): string {
    let all = "";
    for (let index = this.#head; index < this.#given.length; index++) {
      const slot = this.#given[index]!;
      if (slot.state !== "pending") continue;
      const text = slot.text ??= textOf(slot.offset, slot.stored!, slot.tries);
      all += all === "" ? text : `,${text}`;
    }
    return all;
  }

  /** The offset that may be given out next. One that has to wait keeps back all behind it, so that order holds. */
  peek(now: number): number | undefined {
    this.#goBack(now);
    const first = this.#again[0];
    if (first !== undefined) return first.dueAt > now ? undefined : first.offset;
    if (this.#next >= this.partition.end) return undefined;
    const offset = this.partition.skipTo?.(this.#next) ?? this.#next;
    return offset < this.partition.end ? offset : undefined;
  }

  /** Gives out what `peek` saw; keeps the record until it is done, where one is given. */
  take(offset: number, stored?: StoredRecord): void {
    let slot = this.#again.length > 0 ? this.#again.shift() : undefined;
    if (slot === undefined) {
      slot = { offset, state: "pending", tries: this.triesOf(offset), dueAt: 0, stored, text: undefined };
      this.#next = offset + 1;
      this.#given.push(slot);
    }
    slot.state = "pending";
    slot.tries += 1;
    slot.text = undefined;
    this.#pending += 1;
  }

  /** When the record that keeps the others back may be given out; undefined where none does. */
  get dueAt(): number | undefined {
    return this.#again[0]?.dueAt;
  }

  /** How often a record that is not done has been given out. */
  triesOf(offset: number): number {
    const slot = this.#slotAt(offset);
    return slot === undefined || slot.state === "done" ? 0 : slot.tries;
  }

  /** The record that was kept when it was given out; undefined where it is done. */
  protected storedAt(offset: number): StoredRecord | undefined {
    return this.#slotAt(offset)?.stored;
  }

  /** Keeps a record that another cursor has given out. */
  protected keepStored(stored: StoredRecord): void {
    const slot = this.#slotAt(stored.offset);
    if (slot !== undefined) slot.stored = stored;
  }

  /** A record that was given out is done. */
  commit(offset: number): void {
    const slot = this.#slotAt(offset);
    if (slot === undefined) return;
    if (slot.state === "pending") this.#pending -= 1;
    slot.state = "done";
    slot.stored = slot.text = undefined;
    const given = this.#given;
    while (this.#head < given.length && given[this.#head]!.state === "done") this.#head += 1;
    if (this.#head * 2 < given.length) return;
    given.splice(0, this.#head);
    this.#head = 0;
  }

  /** A record is to be given out again, not before a time. */
  giveAgain(offset: number, dueAt: number): void {
    const slot = this.#slotAt(offset);
    if (slot === undefined) return;
    if (slot.state === "pending") this.#pending -= 1;
    slot.state = "again";
    slot.dueAt = dueAt;
    const at = this.#again.findIndex((other) => other.offset > offset);
    this.#again.splice(at < 0 ? this.#again.length : at, 0, slot);
  }

  /** A record that was given out, and that nobody has begun with, is given out again: that was no try. */
  putBack(offset: number, now: number): void {
    const slot = this.#slotAt(offset);
    if (slot !== undefined) slot.tries = Math.max(0, slot.tries - 1);
    this.giveAgain(offset, now);
  }

  /** The reader has gone: everything in its hand is given out again. */
  giveBack(now: number): void {
    this.#goBack(now);
    const open = this.#open();
    for (const slot of open) {
      if (slot.state !== "pending") continue;
      slot.state = "again";
      slot.dueAt = now;
    }
    this.#pending = 0;
    this.#again = open;
  }

  #open(): Slot[] {
    const open: Slot[] = [];
    for (let index = this.#head; index < this.#given.length; index++) {
      const slot = this.#given[index]!;
      if (slot.state !== "done") open.push(slot);
    }
    return open;
  }

  #slotAt(offset: number): Slot | undefined {
    const given = this.#given;
    const first = given[this.#head];
    if (first === undefined || offset < first.offset) return undefined;
    const guess = this.#head + offset - first.offset; // where no offsets are missing; else it is before that
    if (given[guess]?.offset === offset) return given[guess];
    let [low, high] = [this.#head, Math.min(guess, given.length)];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (given[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    const slot = given[low];
    return slot?.offset === offset ? slot : undefined;
  }

  /** Where the clock was set back, nothing waits longer for that. */
  #goBack(now: number): void {
    const back = this.#at - now;
    if (back > 0) { for (const slot of this.#again) slot.dueAt -= back; }
    this.#at = now;
  }
}
