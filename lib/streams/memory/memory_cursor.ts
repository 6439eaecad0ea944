import type { Partition } from "./memory_log.ts";

/** A group's place in a partition: what it has been given, what it is done with, what it gets again. */
export class MemoryCursor<Owner> {
  readonly partition: Partition;
  /** Who gets the records of the partition; undefined where nobody reads. */
  owner: Owner | undefined;
  /** Who is to get them when the owner is done with what it has in hand. */
  heir: Owner | undefined;
  /** Everything before this offset is done. */
  committed: number;
  /** The first offset that was never given out. */
  #next: number;
  readonly #done = new Set<number>();
  readonly #pending = new Set<number>();
  readonly #tries = new Map<number, number>();
  #again: { readonly offset: number; readonly dueAt: number }[] = [];

  constructor(partition: Partition, from: number) {
    this.partition = partition;
    this.committed = this.#next = from;
  }

  /** How many records are not done. */
  get lag(): number {
    return this.#end - this.committed - this.#done.size;
  }

  /** Whether the owner has records in hand. */
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

  /** The offset that may be given out next. One that has to wait keeps back all behind it, so that order holds. */
  peek(now: number): number | undefined {
    const first = this.#again[0];
    if (first !== undefined) return first.dueAt > now ? undefined : first.offset;
    return this.#next < this.#end ? this.#next : undefined;
  }

  /** Gives out what `peek` saw. */
  take(offset: number): void {
    if (this.#again.length > 0) this.#again.shift();
    else this.#next += 1;
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

  /** A record is done. */
  commit(offset: number): void {
    this.#pending.delete(offset);
    this.#tries.delete(offset);
    this.#done.add(offset);
    while (this.#done.delete(this.committed)) this.committed += 1;
  }

  /** A record is to be given out again, not before a time. */
  giveAgain(offset: number, dueAt: number): void {
    this.#pending.delete(offset);
    const at = this.#again.findIndex((other) => other.offset > offset);
    this.#again.splice(at < 0 ? this.#again.length : at, 0, { offset, dueAt });
  }

  /** The owner has gone: everything in its hand is given out again. */
  giveBack(now: number): void {
    const back = [...this.#pending].map((offset) => ({ offset, dueAt: now }));
    this.#pending.clear();
    this.#again = [...this.#again, ...back].sort((one, other) => one.offset - other.offset);
  }

  get #end(): number {
    return this.partition.first + this.partition.records.length;
  }
}
