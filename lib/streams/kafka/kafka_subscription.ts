import { StreamError } from "../../errors.ts";
import { Delivery } from "../delivery.ts";
import { openRecord } from "../record.ts";
import type { RecordError, StreamRecord, Subscription } from "../stream.ts";
import type { StreamClock } from "../stream_clock.ts";
import type { SubscribePlan } from "../subscribe_options.ts";
import type { KafkaCluster } from "./kafka_cluster.ts";
import type { FetchedRecord, KafkaCursor } from "./kafka_cursor.ts";
import { KafkaFetcher } from "./kafka_fetcher.ts";
import { KafkaMember } from "./kafka_member.ts";

/** What a subscriber is made of. */
export interface SubscriptionParts {
  readonly cluster: KafkaCluster;
  readonly name: string;
  readonly topic: string;
  readonly plan: SubscribePlan;
  readonly clock: StreamClock;
  /** Writes a record to the dead letters. */
  readonly bury: (record: FetchedRecord, error: RecordError) => Promise<void>;
  readonly onClose: () => void;
}

interface Asked<Body> {
  readonly give: (result: IteratorResult<Delivery<Body>, undefined>) => void;
  readonly fail: (error: unknown) => void;
}

/** A record on its way to a reader. */
interface Given {
  readonly cursor: KafkaCursor;
  readonly stored: FetchedRecord;
}

const DELIVERY_BYTES = 4_000_000; // unless one record is larger: a hundred huge ones would fill the memory

/** A subscriber to a topic. */
export class KafkaSubscription<Body> implements Subscription<Body> {
  readonly #parts: SubscriptionParts;
  readonly #member: KafkaMember;
  readonly #fetcher: KafkaFetcher;
  readonly #asked: Asked<Body>[] = [];
  #turn = 0;
  #cancelRetry: (() => void) | undefined;
  #isClosed = false;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    const { cluster, name, topic, plan } = parts;
    const onFault = (error: StreamError) => this.#fail(error);
    this.#member = new KafkaMember({ cluster, name, topic, plan, onFault, onChange: () => this.#serve() });
    const { cursors } = this.#member;
    const onRecords = () => this.#serve();
    this.#fetcher = new KafkaFetcher({ cluster, name, topic, group: plan.group, cursors, onRecords, onFault });
  }

  /** Joins the group. */
  async join(): Promise<void> {
    await this.#member.join();
  }

  /** The group's places in the partitions that are read here. */
  get cursors(): ReadonlyMap<number, KafkaCursor> {
    return this.#member.cursors;
  }

  /** Whose subscriber it is. */
  get group(): string {
    return this.#parts.plan.group;
  }

  next(): Promise<IteratorResult<Delivery<Body>, undefined>> {
    if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((give, fail) => {
      this.#asked.push({ give, fail });
      this.#serve();
    });
  }

  async return(): Promise<IteratorResult<Delivery<Body>, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#end();
    await Promise.all([this.#member.leave(), this.#fetcher.close()]);
  }

  /** Stops as a kill does. */
  async abandon(): Promise<void> {
    this.#end();
    await Promise.all([this.#member.abandon(), this.#fetcher.close()]);
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

  /** Gives to those who wait what there is. */
  #serve(): void {
    if (this.#isClosed) return;
    while (this.#asked.length > 0 && this.#member.mayGive) {
      const given = this.#pick();
      if (given.length === 0) break;
      this.#asked.shift()!.give({ done: false, value: this.#deliver(given) as Delivery<Body> });
    }
    this.#fetcher.pump();
    if (this.#asked.length > 0) this.#waitForRetry();
  }

  /** Takes what is next of its partitions, each first in its turn. */
  #pick(): Given[] {
    const { clock, plan: { maxRecords } } = this.#parts;
    const now = clock.now();
    const cursors = [...this.#member.cursors.values()];
    const given: Given[] = [];
    let bytes = 0;
    this.#turn += 1;
    for (let index = 0; index < cursors.length; index++) {
      const cursor = cursors[(this.#turn + index) % cursors.length]!;
      while (given.length < maxRecords && bytes < DELIVERY_BYTES) {
        const offset = cursor.peek(now);
        if (offset === undefined) break;
        const stored = cursor.give(offset);
        given.push({ cursor, stored });
        bytes += stored.bytes.length;
      }
    }
    return given;
  }

  #deliver(given: readonly Given[]): Delivery {
    const places = new Map<StreamRecord, Given>(given.map((place) => [recordOf(place), place]));
    const placesOf = (records: readonly StreamRecord[]) => records.map((record) => places.get(record)!);
    return new Delivery([...places.keys()], {
      commit: async (records) => {
        const done = placesOf(records);
        this.#settle(done, ({ cursor, stored: { offset } }) => cursor.commit(offset));
        const cursors = new Set(done.map(({ cursor }) => cursor));
        await this.#member.save(cursors);
        this.#refuseLost(done.filter(({ cursor, stored }) => cursor.saved <= stored.offset && cursor.isLost));
      },
      // deno-lint-ignore require-await -- what is lost rejects
      deliverAgain: async (records, afterMs) => {
        const dueAt = this.#parts.clock.now() + afterMs;
        this.#settle(placesOf(records), ({ cursor, stored: { offset } }) => cursor.giveAgain(offset, dueAt));
      },
      bury: (record, error) => this.#parts.bury(places.get(record)!.stored, error),
    }, this.#parts.plan);
  }

  #settle(given: readonly Given[], settle: (place: Given) => void): void {
    this.#refuseLost(this.#isClosed ? given : given.filter(({ cursor }) => cursor.isLost));
    for (const place of given) settle(place);
    this.#member.settled();
    this.#serve();
  }

  #refuseLost(given: readonly Given[]): void {
    if (given.length === 0) return;
    throw new StreamError(
      `Cannot settle ${given.length} records of ${this.#parts.name}: the subscriber has left group "${this.group}", or its partitions went to others, so they are given out again`,
    );
  }

  #waitForRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const times = [...this.#member.cursors.values()].flatMap(({ dueAt }) => dueAt === undefined ? [] : [dueAt]);
    if (times.length === 0) return;
    const { clock } = this.#parts;
    this.#cancelRetry = clock.schedule(Math.max(0, Math.min(...times) - clock.now()), () => this.#serve());
  }

  #fail(error: StreamError): void {
    for (const { fail } of this.#asked.splice(0)) fail(error);
  }
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
