import { StreamError } from "../../errors.ts";
import { sealDeadLetter, sealRecords, type WireRecord } from "../record.ts";
import type { LookedRecord, NewRecord, Stream, SubscribeOptions, Subscription } from "../stream.ts";
import type { StreamClock } from "../stream_clock.ts";
import { planSubscription } from "../subscribe_options.ts";
import { AppendQueue } from "./append_queue.ts";
import type { BrokerLog } from "./broker_log.ts";
import { partitionNames } from "./group_member.ts";
import type { CursorState } from "./leased_cursor.ts";
import { lookAtBroker } from "./leased_look.ts";
import { LeasedSubscription } from "./leased_subscription.ts";
import { within } from "./within.ts";

/** What a stream that a broker keeps is made of. */
export interface LeasedStreamParts {
  readonly log: BrokerLog;
  readonly clock: StreamClock;
  readonly sessionMs: number;
  /** The group of who subscribes without naming one. */
  readonly group: string | undefined;
  /** Opens the stream of dead letters. */
  readonly openLetters: () => Promise<LeasedStream<unknown>>;
}

/** Longer than a model may hold the event loop, short enough to wait for after a kill. */
export const SESSION_MS = 5_000;
const CLOSE_MS = 3_000; // for what is still being published

/** A stream that a broker keeps: its groups share the partitions by leases. */
export class LeasedStream<Body> implements Stream<Body> {
  readonly path: string;
  readonly #parts: LeasedStreamParts;
  readonly #queue: AppendQueue;
  readonly #subscriptions = new Set<LeasedSubscription<Body>>();
  #watching: Promise<void> | undefined;
  #letters: Promise<LeasedStream<unknown>> | undefined;
  #isClosed = false;

  constructor(parts: LeasedStreamParts) {
    this.path = parts.log.name;
    this.#parts = parts;
    this.#queue = new AppendQueue(parts.log);
  }

  async publish(records: readonly NewRecord<Body>[]): Promise<void> {
    this.#refuseClosed("publish to");
    await this.append(sealRecords(records, () => this.#parts.clock.now()));
  }

  /** Keeps records as they travel. */
  async append(records: readonly WireRecord[]): Promise<void> {
    await this.#queue.append(records);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription<Body>> {
    this.#refuseClosed("subscribe to");
    const { log, clock, sessionMs } = this.#parts;
    const plan = planSubscription(this.path, { ...options, group: options.group || this.#parts.group || "" });
    await this.#watch();
    const subscription: LeasedSubscription<Body> = new LeasedSubscription<Body>({
      log,
      clock,
      sessionMs,
      plan,
      bury: async (record, error) =>
        await (await this.#openLetters()).append([sealDeadLetter(record, error, plan.group)]),
      onClose: () => this.#subscriptions.delete(subscription),
    });
    this.#subscriptions.add(subscription);
    try {
      await subscription.join();
    } catch (error) {
      subscription.abandon();
      throw error;
    }
    return subscription;
  }

  async lag(group: string): Promise<number> {
    this.#refuseClosed("ask for the lag of");
    const { log } = this.#parts;
    const documents = await log.readDocuments(group, partitionNames(log));
    const starts = documents.includes(undefined) ? await log.beginning("start") : [];
    const lags = documents.map(async (document, partition) => {
      if (document === undefined) return await log.countFrom(partition, starts[partition]!);
      const { open, ...position }: CursorState = JSON.parse(document.text);
      return open.length + await log.countFrom(partition, position);
    });
    return (await Promise.all(lags)).reduce((sum, lag) => sum + lag, 0);
  }

  async *look(group: string): AsyncGenerator<LookedRecord<Body>> {
    this.#refuseClosed("look at");
    yield* lookAtBroker<Body>(this.#parts.log, group);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
    await within(CLOSE_MS, this.#queue.idle());
    await this.#end();
  }

  /** Ends as a kill does, for tests: nobody says goodbye. */
  async abandon(): Promise<void> {
    this.#isClosed = true;
    for (const subscription of [...this.#subscriptions]) subscription.abandon();
    await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #end(): Promise<void> {
    const letters = await this.#letters?.catch(() => undefined);
    await letters?.close();
    await this.#parts.log.close();
    await this.#queue.idle();
  }

  async #watch(): Promise<void> {
    this.#watching ??= this.#parts.log.watch((group) => {
      for (const subscription of this.#subscriptions) void subscription.look(group);
    });
    try {
      await this.#watching;
    } catch (error) {
      this.#watching = undefined; // it may do the next time
      throw error;
    }
  }

  async #openLetters(): Promise<LeasedStream<unknown>> {
    this.#letters ??= this.#parts.openLetters();
    try {
      return await this.#letters;
    } catch (error) {
      this.#letters = undefined; // they may be had the next time
      throw error;
    }
  }

  #refuseClosed(act: string): void {
    if (this.#isClosed) throw new StreamError(`Cannot ${act} ${this.path}: it is closed`);
  }
}
