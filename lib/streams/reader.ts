import type { StreamAway } from "./answering.ts";
import { Delivery, type Settler } from "./delivery.ts";
import type { Given, ReadCursor, ReaderSource } from "./reader_source.ts";
import { openRecord, type WireRecord } from "./record.ts";
import type { StreamRecord, Subscription } from "./stream.ts";
import type { StreamClock } from "./stream_clock.ts";
import type { SubscribePlan } from "./subscribe_options.ts";
import { TakenError } from "./taken_error.ts";

/** What a reader is made of. */
export interface ReaderParts {
  /** As messages name the stream. */
  readonly name: string;
  readonly clock: StreamClock;
  readonly plan: SubscribePlan;
  /** Makes what it reads from. */
  readonly source: (reader: Reader) => ReaderSource;
  /** Writes a record to the dead letters. */
  readonly bury: (record: WireRecord, error: Parameters<Settler["bury"]>[1]) => Promise<void>;
  readonly onClose: () => void;
}

interface Asked<Body> {
  give(result: IteratorResult<Delivery<Body>, undefined>): void;
  fail(error: unknown): void;
}

const DELIVERY_BYTES = 4_000_000; // unless one record is larger: a hundred huge ones would fill the memory
const TRY_AGAIN_MS = 250; // where the broker is away

/** A subscriber, whatever it reads from: gives to those who wait what there is, and settles it once. */
export class Reader<Body = unknown> implements Subscription<Body> {
  readonly #parts: ReaderParts;
  readonly #source: ReaderSource;
  readonly #asked: Asked<Body>[] = [];
  #isServing = false;
  #hasNews = false;
  #cancelRetry: (() => void) | undefined;
  #isClosed = false;
  #lost: { readonly why: unknown } | undefined;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#source = parts.source(this);
  }

  /** Whether somebody waits for a delivery. */
  get isWaiting(): boolean {
    return this.#asked.length > 0;
  }

  away(): StreamAway | undefined {
    return this.#source.away?.();
  }

  /** Takes its place in the group. */
  async join(): Promise<void> {
    await this.#source.join();
  }

  /** There may be something to give out. */
  look(): void {
    this.#hasNews = true;
    void this.#serve();
  }

  /** Tells those who wait what is wrong. */
  fail(error: unknown): void {
    for (const { fail } of this.#asked.splice(0)) fail(error);
  }

  next(): Promise<IteratorResult<Delivery<Body>, undefined>> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost.why);
    if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((give, fail) => {
      this.#asked.push({ give, fail });
      void this.#serve();
    });
  }

  async return(): Promise<IteratorResult<Delivery<Body>, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#end();
    await this.#source.leave();
  }

  /** Stops as a kill does. */
  async abandon(): Promise<void> {
    this.#end();
    await this.#source.abandon();
  }

  /** What it reads from is gone: it gives nothing any more, and says why. */
  async lose(why: unknown): Promise<void> {
    this.#lost = { why };
    this.fail(why);
    await this.abandon();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #end(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#parts.onClose();
    for (const { give } of this.#asked.splice(0)) give({ done: true, value: undefined });
  }

  /** Gives to those who wait what there is. The broker knows that they got it before they get it: after a kill it counts as a try. */
  async #serve(): Promise<void> {
    if (this.#isServing || this.#isClosed) return;
    this.#isServing = true;
    let pauseMs = Infinity;
    const given: Given[] = [];
    try {
      while (this.isWaiting && !this.#isClosed) {
        this.#hasNews = false;
        await this.#pick(given);
        if (given.length === 0 && this.#hasNews) continue;
        if (given.length === 0) break;
        await this.#source.keep(cursorsOf(given), "given");
        if (!this.isWaiting) break; // they have been told of an error, or that it is over
        const kept = given.splice(0).filter(({ cursor, stored }) => !cursor.isLostAt(stored.offset));
        if (kept.length > 0) this.#give(kept);
      }
    } catch (error) {
      const fault = this.#source.faultOf === undefined ? error : this.#source.faultOf(error);
      if (fault === undefined) pauseMs = TRY_AGAIN_MS;
      else this.fail(fault);
    }
    this.#isServing = false;
    if (this.#isClosed) return;
    for (const { cursor, stored } of given) cursor.putBack(stored.offset, this.#parts.clock.now()); // nobody got them
    if (this.isWaiting) this.#lookLater(pauseMs);
    this.#source.rest?.(this.isWaiting);
  }

  /** Takes what is next of its partitions. */
  async #pick(given: Given[]): Promise<void> {
    const { maxRecords } = this.#parts.plan;
    let bytes = 0;
    const heads = this.#source.heads();
    for (const head of heads instanceof Promise ? await heads : heads) {
      if (this.#isClosed) return;
      head.cursor.take(head.stored.offset);
      given.push(head);
      bytes += head.stored.bytes.length;
      if (given.length >= maxRecords || bytes >= DELIVERY_BYTES) return;
    }
  }

  /** To who has waited longest. */
  #give(given: readonly Given[]): void {
    const at = (indexes: readonly number[]) => indexes.map((index) => given[index]!);
    const { clock, plan, bury } = this.#parts;
    const delivery = new Delivery(given.map(recordOf), {
      commit: (indexes) => this.#settle(at(indexes), "done", (cursor, offset) => cursor.commit(offset)),
      deliverAgain: async (indexes, afterMs) => {
        const dueAt = clock.now() + afterMs;
        try {
          await this.#settle(at(indexes), "again", (cursor, offset) => cursor.giveAgain(offset, dueAt));
        } finally {
          this.look();
        }
      },
      putBack: async (indexes) => {
        const now = clock.now();
        await this.#settle(at(indexes), "again", (cursor, offset) => cursor.putBack(offset, now));
        this.look();
      },
      bury: (index, error) => bury(given[index]!.stored, error),
    }, plan);
    this.#asked.shift()!.give({ done: false, value: delivery as Delivery<Body> });
  }

  /** Settles what is still this reader's; rejects where there was more. */
  async #settle(
    given: readonly Given[],
    what: "done" | "again",
    settle: (cursor: ReadCursor, offset: number) => void,
  ): Promise<void> {
    const isHeld = ({ cursor, stored }: Given) => !cursor.isLostAt(stored.offset);
    const held = this.#isClosed ? [] : given.filter(isHeld);
    for (const { cursor, stored } of held) settle(cursor, stored.offset);
    if (held.length > 0) await this.#source.keep(cursorsOf(held), what);
    const lost = given.length - held.filter(isHeld).length;
    if (lost === 0) return;
    const { name, plan: { group } } = this.#parts;
    throw new TakenError(
      `Cannot settle ${lost} records of ${name}: the subscriber has left group "${group}", or its partitions went to others, so they are given out again`,
    );
  }

  #lookLater(pauseMs: number): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const { clock } = this.#parts;
    const times = this.#source.cursors().flatMap(({ dueAt }) => dueAt === undefined ? [] : [dueAt]);
    const dueMs = Math.max(1, Math.min(...times) - clock.now());
    const afterMs = pauseMs < Infinity ? pauseMs : dueMs;
    if (afterMs < Infinity) this.#cancelRetry = clock.schedule(afterMs, () => void this.#serve());
  }
}

function cursorsOf(given: readonly Given[]): ReadonlySet<ReadCursor> {
  const cursors = new Set<ReadCursor>();
  let last: ReadCursor | undefined;
  for (const { cursor } of given) {
    if (cursor !== last) cursors.add(cursor);
    last = cursor;
  }
  return cursors;
}

/** The record as readers see it. */
export function recordOf({ cursor, stored }: Given): StreamRecord {
  const { offset, place = String(offset), publishedAt } = stored;
  const partition = String(cursor.partition.index);
  return openRecord(stored, { partition, offset: place, tries: cursor.triesOf(offset), publishedAt });
}
