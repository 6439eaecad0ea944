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
}

/**
 * A group's place in a partition: what it has been given and has in hand, what it is done with, what comes again and when.
 * Of what a broker may keep, one offset a partition, it tells `committed`.
 */
export class Cursor<Partition extends CursorPartition = CursorPartition> {
  readonly partition: Partition;
  /** The first offset that was never given out. */
  #next: number;
  readonly #given: number[] = []; // in order, the first at #head; without those before `committed`
  #head = 0;
  readonly #done = new Set<number>(); // of those given, behind one that is not
  readonly #pending = new Set<number>();
  readonly #tries = new Map<number, number>();
  #again: { readonly offset: number; readonly dueAt: number }[] = [];

  /** A group that begins at an offset, or goes on where another cursor was. */
  constructor(partition: Partition, from: number | CursorSnapshot) {
    this.partition = partition;
    this.#next = typeof from === "number" ? from : from.next;
    if (typeof from === "number") return;
    for (const { offset, tries, dueAt = -Infinity } of from.open) {
      this.#given.push(offset);
      this.#tries.set(offset, tries);
      this.#again.push({ offset, dueAt });
    }
  }

  /** Everything before this offset is done. */
  get committed(): number {
    return this.#given[this.#head] ?? this.#next;
  }

  /** How many records are not done. */
  get lag(): number {
    return this.#pending.size + this.#again.length + Math.max(0, this.partition.end - this.#next);
  }

  /** Whether the reader has records in hand. */
  get isPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Whether the group is done with the record at an offset. */
  isDone(offset: number): boolean {
    return offset < this.committed || this.#done.has(offset);
  }

  /** The offsets that were given out and are not done, in order. */
  open(): number[] {
    return [...this.#pending, ...this.#again.map(({ offset }) => offset)].sort((one, other) => one - other);
  }

  /** What another needs to go on from here. */
  snapshot(): CursorSnapshot {
    const due = new Map(this.#again.map(({ offset, dueAt }) => [offset, dueAt]));
    const open = this.open().map((offset) => ({ offset, tries: this.triesOf(offset), dueAt: due.get(offset) }));
    return { committed: this.committed, next: this.#next, open };
  }

  /** The offset that may be given out next. One that has to wait keeps back all behind it, so that order holds. */
  peek(now: number): number | undefined {
    const first = this.#again[0];
    if (first !== undefined) return first.dueAt > now ? undefined : first.offset;
    if (this.#next >= this.partition.end) return undefined;
    const offset = this.partition.skipTo?.(this.#next) ?? this.#next;
    return offset < this.partition.end ? offset : undefined;
  }

  /** Gives out what `peek` saw. */
  take(offset: number): void {
    if (this.#again.length > 0) this.#again.shift();
    else {
      this.#next = offset + 1;
      this.#given.push(offset);
    }
    this.#pending.add(offset);
    this.#tries.set(offset, this.triesOf(offset) + 1);
  }

  /** When the record that keeps the others back may be given out; undefined where none does. */
  get dueAt(): number | undefined {
    return this.#again[0]?.dueAt;
  }

  /** How often a record that is not done has been given out. */
  triesOf(offset: number): number {
    return this.#tries.get(offset) ?? 0;
  }

  /** A record that was given out is done. */
  commit(offset: number): void {
    this.#pending.delete(offset);
    this.#tries.delete(offset);
    this.#done.add(offset);
    while (this.#head < this.#given.length && this.#done.delete(this.#given[this.#head]!)) this.#head += 1;
    if (this.#head * 2 < this.#given.length) return;
    this.#given.splice(0, this.#head);
    this.#head = 0;
  }

  /** A record is to be given out again, not before a time. */
  giveAgain(offset: number, dueAt: number): void {
    this.#pending.delete(offset);
    const at = this.#again.findIndex((other) => other.offset > offset);
    this.#again.splice(at < 0 ? this.#again.length : at, 0, { offset, dueAt });
  }

  /** A record that was given out, and that nobody has begun with, is given out again: that was no try. */
  putBack(offset: number, now: number): void {
    this.#tries.set(offset, Math.max(0, this.triesOf(offset) - 1));
    this.giveAgain(offset, now);
  }

  /** The reader has gone: everything in its hand is given out again. */
  giveBack(now: number): void {
    const back = [...this.#pending].map((offset) => ({ offset, dueAt: now }));
    this.#pending.clear();
    this.#again = [...this.#again, ...back].sort((one, other) => one.offset - other.offset);
  }
}
