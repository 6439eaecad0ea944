import { StreamError } from "../../errors.ts";
import { TakenError } from "../taken_error.ts";
import type { KafkaConsumer } from "./kafka_client.ts";
import type { KafkaCursor } from "./kafka_cursor.ts";
import { isRebalance, says } from "./kafka_fault.ts";
import type { NotedOffset, NotedOffsets } from "./noted_offsets.ts";
import { NOTE_CHARS, type TriesNote, writeTries } from "./tries_note.ts";

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
  /** How long a note may be; the broker may keep less than it does by itself. */
  #noteChars = NOTE_CHARS;

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
      await this.#keep(due, (places) => this.#parts.offsets.commit(places));
    });
  }

  /**
   * Has kept how far the group is by `run`, all of it or nothing.
   *
   * @param who Asked when nothing else is being kept any more.
   * @throws {TakenError} If nothing is done, or it is others' by now.
   * @throws {StreamError} If an earlier record of its partition is not done: a group has one offset
   * there, and what is done behind it would be exchanged again.
   */
  async exchange(who: () => Omit<Exchanged, "places">, run: (exchanged: Exchanged) => Promise<void>): Promise<void> {
    await this.#oneByOne(async () => {
      if (this.#settled.size === 0 || [...this.#settled].some(({ isLost }) => isLost)) {
        throw taken();
      }
      if ([...this.#settled].some(({ doneAhead }) => doneAhead > 0)) {
        throw new StreamError(
          "Cannot exchange the records: one before them in their partition is not acknowledged. Acknowledge those before it alone",
        );
      }
      this.#settled.clear();
      const due = this.#due();
      if (due.length === 0) return;
      await this.#keep(due, (places) => run({ ...who(), places })).catch((error) => {
        throw isRebalance(error) ? taken(error) : error;
      });
    });
  }

  /** Has it kept. Without the tries, which are a comfort, where the broker has no room for them. */
  async #keep(due: readonly Due[], keep: (places: readonly NotedOffset[]) => Promise<void>): Promise<void> {
    while (true) {
      const places = due.map(({ cursor: { partition: { index } }, offset, note }) => {
        return { index, offset, note: writeTries(note, offset, this.#noteChars) };
      });
      try {
        await keep(places);
        break;
      } catch (error) {
        const longest = Math.max(...places.map(({ note }) => note.length));
        if (longest === 0 || !says(error, "OFFSET_METADATA_TOO_LARGE")) throw error;
        this.#noteChars = Math.floor(longest / 2);
      }
    }
    for (const { cursor, offset, onNoted } of due) {
      cursor.saved = Math.max(cursor.saved, offset);
      onNoted();
    }
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

function taken(cause?: unknown): TakenError {
  return new TakenError("Cannot exchange the records: their partitions went to others, so they are given out again", {
    cause,
  });
}
