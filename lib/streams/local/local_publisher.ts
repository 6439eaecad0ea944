import { StreamError } from "../../errors.ts";
import type { WireRecord } from "../record.ts";
import type { StreamClock } from "../stream_clock.ts";
import type { LocalLog } from "./local_log.ts";
import { WalKeeper } from "./wal_keeper.ts";
import type { WriteQueue } from "./write_queue.ts";

interface Publication {
  readonly records: readonly WireRecord[];
  /** How many of them are in the file. */
  kept: number;
  /** Whether it goes in however far the groups are behind. */
  readonly isUrgent: boolean;
  readonly done: () => void;
  readonly failed: (error: StreamError) => void;
}

const AT_ONCE_RECORDS = 1_000; // in one transaction, so that the event loop turns
const AT_ONCE_BYTES = 4_000_000;
const TOLD_AFTER_MS = 5_000; // as long as a group waits for a reader that was killed

/** Who publishes by one connection: in their order, as far as the slowest group leaves room. */
export class LocalPublisher {
  readonly #log: LocalLog;
  readonly #queue: WriteQueue;
  readonly #wal: WalKeeper;
  readonly #act: string;
  readonly #clock: StreamClock;
  #waiting: Publication[] = [];
  #writing: Promise<void> | undefined;
  #placedBytes = 0;
  #cancelTelling: (() => void) | undefined;
  #isClosed = false;

  constructor({ log, queue, clock }: { log: LocalLog; queue: WriteQueue; clock: StreamClock }) {
    this.#log = log;
    this.#queue = queue;
    this.#wal = new WalKeeper(log.database.file);
    this.#act = `publish to ${log.database.name}`;
    this.#clock = clock;
  }

  /** Whether somebody waits for room, or may find none when what is written now has been: others' changes are to be told until then. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves when all records are in the file. */
  publish(records: readonly WireRecord[], { isUrgent = false } = {}): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    return new Promise((done, failed) => {
      this.#waiting.push({ records, kept: 0, isUrgent, done, failed });
      this.#write();
    });
  }

  /** Looks whether there is room for those who wait. */
  look(): void {
    if (this.isWaiting && this.#writing === undefined && (this.#waiting[0]!.isUrgent || this.#hasRoom())) this.#write();
  }

  /** Ends the thread that writes back. */
  async end(): Promise<void> {
    await this.#wal.close();
  }

  #hasRoom(): boolean {
    try {
      return this.#log.room > 0;
    } catch {
      return true; // whoever writes is told what is wrong with the file
    }
  }

  /** Ends what is being written, and gives up what waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    this.#tellLater(false);
    for (const { records, kept, failed } of this.#waiting.splice(0)) {
      const state = kept === 0 ? "" : `; ${kept} of ${records.length} records are kept`;
      failed(new StreamError(`Cannot ${this.#act}: it was closed while the record waited for room${state}`));
    }
  }

  #write(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (!this.#isClosed) this.look(); // room that was made while the last transaction ended
    });
  }

  async #writeAll(): Promise<void> {
    let placed: number | undefined;
    do {
      let batch: readonly Publication[] | undefined;
      try {
        placed = await this.#queue.write(this.#act, () => this.#place(batch = [...this.#waiting]));
        this.#settle(placed);
        this.#tellLater(placed === 0 && this.isWaiting && !this.#isClosed);
        this.#wal.count(this.#placedBytes);
      } catch (error) {
        this.#fail(new Set(batch ?? this.#waiting), error as StreamError);
      }
    } while (this.#waiting.length > 0 && placed !== 0 && !this.#isClosed);
  }

  /** Says once who holds it up, where there is no room for long. */
  #tellLater(isHeld: boolean): void {
    if (isHeld) {
      this.#cancelTelling ??= this.#clock.schedule(TOLD_AFTER_MS, () => this.#tell());
      return;
    }
    this.#cancelTelling?.();
    this.#cancelTelling = undefined;
  }

  #tell(): void {
    try {
      const holder = this.#log.slowest(this.#clock.now());
      if (holder === undefined || !this.isWaiting || this.#log.room > 0) return;
      const readers = holder.isRead ? "" : ", which nobody reads";
      const held = `held by group ${holder.group}, ${holder.lag} records behind${readers}`;
      console.warn(
        `warn: ${this.#log.database.name} has no room for ${TOLD_AFTER_MS / 1_000} s: publishing waits, ${held}`,
      );
    } catch { /* whoever writes is told what is wrong with the file */ }
  }

  /** Writes what there is room for; tells how many records that were. */
  #place(waiting: readonly Publication[]): number {
    let room = waiting[0]?.isUrgent ? Infinity : this.#log.room;
    room = Math.min(room, AT_ONCE_RECORDS);
    const records: WireRecord[] = [];
    let bytes = 0;
    for (const publication of waiting) {
      for (let at = publication.kept; at < publication.records.length; at++) {
        if (records.length >= room || bytes >= AT_ONCE_BYTES) break;
        records.push(publication.records[at]!);
        bytes += records.at(-1)!.bytes.length;
      }
    }
    if (records.length > 0) this.#log.append(records, this.#clock.now());
    this.#placedBytes = bytes;
    return records.length;
  }

  #settle(placed: number): void {
    let rest = placed;
    while (rest > 0) {
      const first = this.#waiting[0]!;
      const here = Math.min(rest, first.records.length - first.kept);
      first.kept += here;
      rest -= here;
      if (first.kept === first.records.length) this.#waiting.shift()!.done();
    }
  }

  #fail(batch: ReadonlySet<Publication>, error: StreamError): void {
    this.#waiting = this.#waiting.filter((publication) => !batch.has(publication));
    for (const { records: { length }, kept, failed } of batch) {
      const state = kept === 0 ? "none of the records is kept" : `${kept} of ${length} records are kept`;
      failed(new StreamError(`${error.message}; ${state}`, { cause: error }));
    }
  }
}
