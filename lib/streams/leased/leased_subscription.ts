import { StreamError } from "../../errors.ts";
import { Delivery } from "../delivery.ts";
import { openRecord } from "../record.ts";
import type { RecordError, StreamRecord, Subscription } from "../stream.ts";
import type { KeptRecord } from "./broker_log.ts";
import { GroupMember, type MemberParts } from "./group_member.ts";
import type { LeasedCursor } from "./leased_cursor.ts";
import { OfflineError } from "./offline_error.ts";
import { within } from "./within.ts";

/** What a subscriber is made of. */
export interface SubscriptionParts extends MemberParts {
  /** Writes a record to the dead letters. */
  readonly bury: (record: KeptRecord, error: RecordError) => Promise<void>;
  readonly onClose: () => void;
}

interface Asked<Body> {
  readonly give: (result: IteratorResult<Delivery<Body>, undefined>) => void;
  readonly fail: (error: unknown) => void;
}

/** A record on its way to a reader. */
interface Given {
  readonly cursor: LeasedCursor;
  readonly kept: KeptRecord;
}

const DELIVERY_BYTES = 4_000_000; // unless one record is larger: a hundred huge ones would fill the memory
const TRY_AGAIN_MS = 250; // where the broker is away
const LEAVE_MS = 3_000; // for a goodbye; where it cannot be said, others find out when the session ends

/** A subscriber to a stream that a broker keeps. */
export class LeasedSubscription<Body> implements Subscription<Body> {
  readonly #parts: SubscriptionParts;
  readonly #member: GroupMember;
  #asked: Asked<Body>[] = [];
  #isServing = false;
  #hasNews = false;
  #cancelRetry: (() => void) | undefined;
  #isClosed = false;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#member = new GroupMember(parts, () => void this.look());
  }

  /** Takes its place in the group. */
  async join(): Promise<void> {
    await this.#member.join();
  }

  /** Records have come, or (by name) a group has changed. */
  async look(group?: string): Promise<void> {
    if (this.#isClosed) return;
    if (group === this.#parts.plan.group) await this.#member.attend().catch(() => {}); // the next beat tries again
    else if (group !== undefined) return;
    this.#hasNews = true;
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
    await within(LEAVE_MS, this.#member.leave());
    this.#member.abandon();
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

  /** Gives to those who wait what there is. The broker knows that they got it before they get it: after a kill it counts as a try. */
  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    let pauseMs = Infinity;
    let given: Given[] = [];
    try {
      while (this.#asked.length > 0 && !this.#isClosed) {
        this.#hasNews = false;
        await this.#member.attended();
        given = await this.#pick();
        if (given.length === 0) {
          if (this.#hasNews) continue;
          break;
        }
        await Promise.all(
          new Set(given.map(({ cursor }) => cursor)).values().map((cursor) => this.#member.save(cursor)),
        );
        const kept = given.filter(({ cursor }) => !cursor.isLost);
        if (this.#isClosed || kept.length === 0) continue;
        given = [];
        this.#asked.shift()!.give({ done: false, value: this.#deliver(kept) as Delivery<Body> });
      }
    } catch (error) {
      for (const { cursor, kept: { offset } } of given) cursor.giveAgain(offset, this.#parts.clock.now());
      if (error instanceof OfflineError) pauseMs = TRY_AGAIN_MS;
      else for (const { fail } of this.#asked.splice(0)) fail(error);
    } finally {
      this.#isServing = false;
    }
    if (this.#asked.length > 0) this.#wait(pauseMs);
  }

  /** Takes what is next of its partitions, in the order of publishing. */
  async #pick(): Promise<Given[]> {
    const { log, clock, plan: { maxRecords } } = this.#parts;
    const cursors = [...this.#member.cursors.values()].filter(({ isLeaving }) => !isLeaving);
    const now = clock.now();
    await Promise.all(
      cursors.filter((cursor) => cursor.isEmpty(now)).map((cursor) =>
        cursor.fill(now, (from, most) => log.read(cursor.partition.index, from, most))
      ),
    );
    const given: Given[] = [];
    for (let bytes = 0; given.length < maxRecords && bytes < DELIVERY_BYTES && !this.#isClosed;) {
      const next = earliest(cursors, now);
      if (next === undefined) break;
      next.cursor.take(next.kept.offset);
      given.push(next);
      bytes += next.kept.bytes.length;
    }
    return given;
  }

  #deliver(given: readonly Given[]): Delivery {
    const places = new Map<StreamRecord, Given>(given.map((place) => [recordOf(place), place]));
    const placesOf = (records: readonly StreamRecord[]) => records.map((record) => places.get(record)!);
    return new Delivery([...places.keys()], {
      commit: (records) => this.#settle(placesOf(records), ({ cursor, kept: { offset } }) => cursor.commit(offset)),
      deliverAgain: async (records, afterMs) => {
        const dueAt = this.#parts.clock.now() + afterMs;
        await this.#settle(placesOf(records), ({ cursor, kept: { offset } }) => cursor.giveAgain(offset, dueAt));
        void this.look();
      },
      bury: (record, error) => this.#parts.bury(places.get(record)!.kept, error),
    }, this.#parts.plan);
  }

  async #settle(given: readonly Given[], settle: (place: Given) => void): Promise<void> {
    this.#refuseLost(given);
    for (const place of given) settle(place);
    const cursors = new Set(given.map(({ cursor }) => cursor));
    await Promise.all(cursors.values().map((cursor) => this.#member.save(cursor)));
  }

  #refuseLost(given: readonly Given[]): void {
    if (!this.#isClosed && !given.some(({ cursor }) => cursor.isLost)) return;
    const { log, plan } = this.#parts;
    throw new StreamError(
      `Cannot settle ${given.length} records of ${log.name}: the subscriber has left group "${plan.group}", or was not heard of for too long, so they are given out again`,
    );
  }

  #wait(pauseMs: number): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const { clock } = this.#parts;
    const times = [...this.#member.cursors.values()].flatMap(({ dueAt, isLeaving }) =>
      dueAt === undefined || isLeaving ? [] : [dueAt]
    );
    const afterMs = Math.max(0, Math.min(pauseMs, ...times.map((time) => time - clock.now())));
    if (afterMs < Infinity) {
      this.#cancelRetry = clock.schedule(Math.max(afterMs, Math.min(pauseMs, 1)), () => void this.#serve());
    }
  }
}

function earliest(cursors: readonly LeasedCursor[], now: number): Given | undefined {
  let first: Given | undefined;
  for (const cursor of cursors) {
    const kept = cursor.isLost || cursor.isLeaving ? undefined : cursor.head(now);
    if (kept === undefined) continue;
    if (first === undefined || kept.publishedAt < first.kept.publishedAt) first = { cursor, kept };
  }
  return first;
}

function recordOf({ cursor, kept }: Given): StreamRecord {
  const { offset, place, publishedAt } = kept;
  return openRecord(kept, {
    partition: String(cursor.partition.index),
    offset: place,
    tries: cursor.triesOf(offset),
    publishedAt,
  });
}
