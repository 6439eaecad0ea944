import { StreamError } from "../../errors.ts";
import { Delivery } from "../delivery.ts";
import { openRecord } from "../record.ts";
import type { RecordError, StreamRecord, Subscription } from "../stream.ts";
import type { LocalCursor } from "./local_cursor.ts";
import { faultOf } from "./local_fault.ts";
import type { StoredRecord } from "./local_log.ts";
import { LocalMember, type MemberParts } from "./local_member.ts";

/** What a subscriber is made of. */
export interface SubscriptionParts extends MemberParts {
  /** Writes a record to the dead letters. */
  readonly bury: (record: StoredRecord, error: RecordError) => Promise<void>;
  /** Is called when somebody waits for a delivery. */
  readonly onWait: () => void;
  readonly onClose: () => void;
}

interface Asked<Body> {
  readonly give: (result: IteratorResult<Delivery<Body>, undefined>) => void;
  readonly fail: (error: unknown) => void;
}

/** A record on its way to a reader. */
interface Given {
  readonly cursor: LocalCursor;
  readonly stored: StoredRecord;
}

const DELIVERY_BYTES = 4_000_000; // unless one record is larger: a hundred huge ones would fill the memory

/** A subscriber to a stream between processes. */
export class LocalSubscription<Body> implements Subscription<Body> {
  readonly #parts: SubscriptionParts;
  readonly #member: LocalMember;
  #asked: Asked<Body>[] = [];
  #isServing = false;
  #cancelRetry: (() => void) | undefined;
  #isClosed = false;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#member = new LocalMember(parts);
  }

  /** Whether somebody waits for a delivery. */
  get isWaiting(): boolean {
    return this.#asked.length > 0;
  }

  /** Takes its place in the group. */
  async join(): Promise<void> {
    await this.#member.join();
  }

  /** The file has changed. */
  async look(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#member.look();
    } catch (error) {
      this.#fail(error);
    }
    await this.#serve();
  }

  next(): Promise<IteratorResult<Delivery<Body>, undefined>> {
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
    await this.#member.leave().catch(() => {}); // where it cannot be written, others find out when the session ends
  }

  /** Stops as a kill does. */
  abandon(): void {
    this.#end();
    this.#member.abandon();
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

  /** Gives to those who wait what there is. That they got it is in the file before they get it: after a kill it counts as a try. */
  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      while (this.#asked.length > 0 && !this.#isClosed) {
        const given = this.#pick();
        if (given.length === 0) break;
        await this.#member.save(new Set(given.map(({ cursor }) => cursor)));
        const kept = given.filter(({ cursor }) => !cursor.isLost);
        if (this.#isClosed || kept.length === 0) continue;
        this.#asked.shift()!.give({ done: false, value: this.#deliver(kept) as Delivery<Body> });
      }
    } catch (error) {
      for (const cursor of this.#member.cursors.values()) cursor.giveBack(this.#parts.clock.now());
      this.#fail(error);
    } finally {
      this.#isServing = false;
    }
    if (this.#asked.length > 0) this.#wait();
  }

  /** Takes what is next of its partitions, in the order of publishing. */
  #pick(): Given[] {
    const { log, clock, plan: { maxRecords } } = this.#parts;
    const now = clock.now();
    const extents = log.extents();
    const cursors = [...this.#member.cursors.values()].filter(({ isLeaving }) => !isLeaving);
    for (const cursor of cursors) cursor.know(extents[cursor.partition.index]!);
    const given: Given[] = [];
    for (let bytes = 0; given.length < maxRecords && bytes < DELIVERY_BYTES;) {
      const next = earliest(cursors, now, maxRecords);
      if (next === undefined) break;
      next.cursor.take(next.stored.offset);
      given.push(next);
      bytes += next.stored.bytes.length;
    }
    return given;
  }

  #deliver(given: readonly Given[]): Delivery {
    const places = new Map<StreamRecord, Given>(given.map((place) => [recordOf(place), place]));
    const placesOf = (records: readonly StreamRecord[]) => records.map((record) => places.get(record)!);
    return new Delivery([...places.keys()], {
      commit: (records) => this.#settle(placesOf(records), ({ cursor, stored: { offset } }) => cursor.commit(offset)),
      deliverAgain: async (records, afterMs) => {
        const dueAt = this.#parts.clock.now() + afterMs;
        await this.#settle(placesOf(records), ({ cursor, stored: { offset } }) => cursor.giveAgain(offset, dueAt));
        void this.#serve();
      },
      bury: (record, error) => this.#parts.bury(places.get(record)!.stored, error),
    }, this.#parts.plan);
  }

  async #settle(given: readonly Given[], settle: (place: Given) => void): Promise<void> {
    this.#refuseLost(given);
    for (const place of given) settle(place);
    const cursors = new Set(given.map(({ cursor }) => cursor));
    await this.#member.save(cursors);
    this.#refuseLost(given);
  }

  #refuseLost(given: readonly Given[]): void {
    if (!this.#isClosed && !given.some(({ cursor }) => cursor.isLost)) return;
    const { log, plan } = this.#parts;
    throw new StreamError(
      `Cannot settle ${given.length} records of ${log.database.name}: the subscriber has left group "${plan.group}", or was not heard of for too long, so they are given out again`,
    );
  }

  #wait(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const times = [...this.#member.cursors.values()].flatMap(({ dueAt, isLeaving }) =>
      dueAt === undefined || isLeaving ? [] : [dueAt]
    );
    if (times.length > 0) {
      const { clock } = this.#parts;
      const afterMs = Math.max(0, Math.min(...times) - clock.now());
      this.#cancelRetry = clock.schedule(afterMs, () => void this.#serve());
    }
    this.#parts.onWait();
  }

  #fail(error: unknown): void {
    const { name, file } = this.#parts.log.database;
    for (const { fail } of this.#asked.splice(0)) fail(faultOf(`read ${name}`, file, error));
  }
}

function earliest(cursors: readonly LocalCursor[], now: number, most: number): Given | undefined {
  let first: Given | undefined;
  for (const cursor of cursors) {
    const stored = cursor.head(now, most);
    if (stored === undefined) continue;
    if (first === undefined || stored.publishedAt < first.stored.publishedAt) first = { cursor, stored };
  }
  return first;
}

function recordOf({ cursor, stored }: Given): StreamRecord {
  const { offset, publishedAt } = stored;
  return openRecord(stored, {
    partition: String(cursor.partition.index),
    offset: String(offset),
    tries: cursor.triesOf(offset),
    publishedAt,
  });
}
