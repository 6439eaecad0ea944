import { StreamError } from "../../errors.ts";
import type { KafkaConsumer } from "./kafka_client.ts";
import type { KafkaCursor } from "./kafka_cursor.ts";
import type { NotedOffset, NotedOffsets } from "./noted_offsets.ts";
import { type TriesNote, writeTries } from "./tries_note.ts";

/** How far a group is, and who says so. */
export interface Exchanged {
  readonly places: readonly NotedOffset[];
  readonly consumer: KafkaConsumer;
  readonly member: { readonly id: string; readonly generation: number };
}

/** How far the group is in a partition, and what is noted beside. */
interface Due {
  readonly cursor: KafkaCursor;
  readonly offset: number;
  readonly note: TriesNote;
  /** The broker has it. */
  readonly onNoted: () => void;
}

/** What a keeping is made of. */
export interface KeepingParts {
  readonly offsets: NotedOffsets;
  /** The partitions that are read now. */
  readonly cursors: ReadonlyMap<number, KafkaCursor>;
  /** Whether what is acknowledged is kept by `exchange` only. */
  readonly isExchanged: boolean;
}

/** Has the broker keep how far a group is. One time after another: of an offset in a transaction it would forget which came first. */
export class KafkaKeeping {
  readonly #parts: KeepingParts;
  /** Where something is acknowledged that `exchange` has not kept yet. */
  readonly #settled = new Set<KafkaCursor>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: KeepingParts) {
    this.#parts = parts;
  }

  /** Something of these is done. */
  markSettled(cursors: Iterable<KafkaCursor>): void {
    if (this.#parts.isExchanged) { for (const cursor of cursors) this.#settled.add(cursor); }
  }

  /** Whether something is acknowledged and not kept yet. */
  get hasSettled(): boolean {
    return this.#settled.size > 0;
  }

  /** What is acknowledged and not kept yet is not looked after any more. */
  forgetSettled(): void {
    this.#settled.clear();
  }

  /** Has kept what is not; where `isLeaving`, that nothing is noted ahead too. */
  async commit({ isLeaving = false } = {}): Promise<void> {
    await this.#oneByOne(async () => {
      const due = this.#due({ isLeaving });
      if (due.length === 0) return;
      await this.#parts.offsets.commit(due.map(placeOf));
      tellKept(due);
    });
  }

  /**
   * Has kept how far the group is by `run`, all of it or nothing.
   *
   * @param who Asked when nothing else is being kept any more.
   * @throws {StreamError} If nothing is done, or it is others' by now.
   */
  async exchange(who: () => Omit<Exchanged, "places">, run: (exchanged: Exchanged) => Promise<void>): Promise<void> {
    await this.#oneByOne(async () => {
      if (this.#settled.size === 0 || [...this.#settled].some(({ isLost }) => isLost)) {
        throw new StreamError(
          "Cannot exchange the records: their partitions went to others, so they are given out again",
        );
      }
      this.#settled.clear();
      const due = this.#due();
      if (due.length > 0) await run({ ...who(), places: due.map(placeOf) });
      tellKept(due);
    });
  }

  /** What the broker does not know yet. Of what is done and goes by `exchange` it is told there only. */
  #due({ isLeaving = false } = {}): Due[] {
    return [...this.#parts.cursors.values()].map((cursor) => {
      return { cursor, offset: this.#settled.has(cursor) ? cursor.saved : cursor.toSave };
    }).filter(({ cursor, offset }) => isLeaving || offset > cursor.saved || !cursor.isNoted)
      .map((due) => ({ ...due, ...due.cursor.note({ isLeaving }) }));
  }

  #oneByOne(keep: () => Promise<void>): Promise<void> {
    const kept = this.#last.then(keep);
    this.#last = kept.catch(() => {});
    return kept;
  }
}

function placeOf({ cursor: { partition: { index } }, offset, note }: Due): NotedOffset {
  return { index, offset, note: writeTries(note, offset) };
}

function tellKept(due: readonly Due[]): void {
  for (const { cursor, offset, onNoted } of due) {
    cursor.saved = Math.max(cursor.saved, offset);
    onNoted();
  }
}
