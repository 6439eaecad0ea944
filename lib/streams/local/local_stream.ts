import { StreamError } from "../../errors.ts";
import { sealRecords } from "../record.ts";
import type { LookedRecord, NewRecord, Stream, SubscribeOptions, Subscription } from "../stream.ts";
import type { StreamClock } from "../stream_clock.ts";
import { planSubscription } from "../subscribe_options.ts";
import type { LocalDatabase } from "./local_database.ts";
import { faultOf } from "./local_fault.ts";
import { LocalLog } from "./local_log.ts";
import { lookLocally } from "./local_look.ts";
import { LocalPublisher } from "./local_publisher.ts";
import { LocalSubscription, type SubscriptionParts } from "./local_subscription.ts";
import { type Interest, LocalWatch } from "./local_watch.ts";
import { WriteQueue } from "./write_queue.ts";

/** What a stream between processes is made of. */
export interface LocalStreamParts {
  readonly path: string;
  readonly database: LocalDatabase;
  readonly clock: StreamClock;
  /** See `MemberParts.sessionMs`. */
  readonly sessionMs: number;
  /** Writes a record of a group to the dead letters. */
  readonly bury: (group: string, ...what: Parameters<SubscriptionParts["bury"]>) => Promise<void>;
  /** Is called when the stream is closed. */
  readonly onClose: () => Promise<void>;
}

const TRIM_EVERY_MS = 1_000;

/** A stream between the processes of this machine, for whoever opened it. */
export class LocalStream<Body> implements Stream<Body> {
  readonly path: string;
  readonly #parts: LocalStreamParts;
  readonly #log: LocalLog;
  readonly #queue: WriteQueue;
  readonly #watch: LocalWatch;
  readonly #publisher: LocalPublisher;
  readonly #subscriptions = new Set<LocalSubscription<Body>>();
  #trimmedAt = -Infinity;
  #isClosed = false;

  /** Made by `openLocal`. */
  constructor(parts: LocalStreamParts) {
    this.path = parts.path;
    this.#parts = parts;
    const { database, clock } = parts;
    this.#log = new LocalLog(database);
    this.#watch = new LocalWatch(database, { look: () => this.#look(), interest: () => this.#interest() });
    this.#queue = new WriteQueue(database, () => this.#watch.ring());
    this.#publisher = new LocalPublisher({ log: this.#log, queue: this.#queue, now: () => clock.now() });
  }

  async publish(records: readonly NewRecord<Body>[]): Promise<void> {
    this.#refuseClosed("publish to");
    await this.append(sealRecords(records, () => this.#parts.clock.now()));
  }

  /** Keeps records as they travel. What is urgent goes in however far the groups are behind. */
  async append(records: Parameters<LocalPublisher["publish"]>[0], options?: { isUrgent: boolean }): Promise<void> {
    const publishing = this.#publisher.publish(records, options);
    this.#watch.attend();
    this.#trimSometimes();
    await publishing;
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription<Body>> {
    this.#refuseClosed("subscribe to");
    const { path } = this;
    const plan = planSubscription(path, options);
    const subscription: LocalSubscription<Body> = new LocalSubscription<Body>({
      log: this.#log,
      queue: this.#queue,
      clock: this.#parts.clock,
      sessionMs: this.#parts.sessionMs,
      plan,
      bury: (record, error) => this.#parts.bury(plan.group, record, error),
      onWait: () => this.#watch.attend(),
      onClose: () => this.#subscriptions.delete(subscription),
    });
    this.#subscriptions.add(subscription);
    try {
      await subscription.join();
    } catch (error) {
      subscription.abandon();
      throw error;
    }
    this.#watch.attend();
    return subscription;
  }

  // deno-lint-ignore require-await -- what cannot be read rejects
  async lag(group: string): Promise<number> {
    const act = "ask for the lag of";
    this.#refuseClosed(act);
    try {
      return this.#log.lag(group);
    } catch (error) {
      throw faultOf(`${act} ${this.path}`, this.#parts.database.file, error);
    }
  }

  async *look(group: string): AsyncGenerator<LookedRecord<Body>> {
    const act = "look at";
    this.#refuseClosed(act);
    try {
      yield* lookLocally<Body>(this.#log, group);
    } catch (error) {
      throw faultOf(`${act} ${this.path}`, this.#parts.database.file, error);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
    await this.#publisher.close();
    await this.#queue.idle();
    await this.#end();
  }

  /** Ends as a kill does, for tests: nobody says goodbye, what was not written is not. */
  async abandon(): Promise<void> {
    this.#isClosed = true;
    for (const subscription of [...this.#subscriptions]) subscription.abandon();
    await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #end(): Promise<void> {
    this.#watch.close();
    this.#queue.close();
    await this.#publisher.end();
    this.#parts.database.close();
    await this.#parts.onClose();
  }

  #look(): void {
    this.#publisher.look();
    for (const subscription of this.#subscriptions) void subscription.look();
  }

  #interest(): Interest {
    if (this.#publisher.isWaiting || [...this.#subscriptions].some(({ isWaiting }) => isWaiting)) return "waiting";
    return this.#subscriptions.size > 0 ? "looking on" : "none";
  }

  /** Old records go when new ones come. */
  #trimSometimes(): void {
    const { clock, database } = this.#parts;
    const now = clock.now();
    if (now - this.#trimmedAt < TRIM_EVERY_MS) return;
    this.#trimmedAt = now;
    void this.#queue.write(`trim ${database.name}`, () => this.#log.trim(now)).then((isMore) => {
      if (isMore) this.#trimmedAt = -Infinity;
    }, () => {}); // whoever publishes is told what is wrong with the file
  }

  #refuseClosed(act: string): void {
    if (this.#isClosed) throw new StreamError(`Cannot ${act} ${this.path}: it is closed`);
  }
}
