import { StreamError } from "../errors.ts";
import { openRecord, sealRecords } from "./record.ts";
import type { LookedRecord, NewRecord, Stream, StreamRecord, Subscription } from "./stream.ts";
import { MACHINE_CLOCK, type StreamClock } from "./stream_clock.ts";

/** Keeps what is published in a list, to look at; nobody reads it. Each one that is opened has a list of its own. */
export class DummyStream<Body = unknown> implements Stream<Body> {
  /** As it was opened. */
  readonly path: string;
  /** What was published, oldest first. */
  readonly records: StreamRecord<Body>[] = [];
  readonly #clock: StreamClock;
  #isClosed = false;

  /** Made by `openStream("dummy://")`. */
  constructor(path: string, clock: StreamClock = MACHINE_CLOCK) {
    this.path = path;
    this.#clock = clock;
  }

  /** Adds to the list. */
  // deno-lint-ignore require-await -- as a broker does
  async publish(records: readonly NewRecord<Body>[]): Promise<void> {
    if (this.#isClosed) throw new StreamError(`Cannot publish to ${this.path}: it is closed`);
    const now = this.#clock.now();
    const sealed = sealRecords(records, () => now);
    for (const record of sealed) {
      const place = { partition: "0", offset: String(this.records.length), tries: 1, publishedAt: now };
      this.records.push(openRecord(record, place));
    }
  }

  /** There is nothing to subscribe to. */
  subscribe(): Promise<Subscription<Body>> {
    return Promise.reject(
      new StreamError(`Cannot subscribe to ${this.path}: it only keeps a list, see its records. Use memory://name`),
    );
  }

  /** Nobody reads, so everything. */
  lag(): Promise<number> {
    return Promise.resolve(this.records.length);
  }

  /** What was published. */
  async *look(): AsyncGenerator<LookedRecord<Body>> {
    yield* this.records.map((record) => ({ ...record, tries: 0, bytes: undefined }));
  }

  /** Takes no more; the list stays. */
  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  /** See `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
