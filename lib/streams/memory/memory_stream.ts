import { StreamError } from "../../errors.ts";
import { deadLetterPath } from "../dead_letter_path.ts";
import { lookAt, sealDeadLetter, sealRecords } from "../record.ts";
import type { LookedRecord, NewRecord, Stream, SubscribeOptions, Subscription } from "../stream.ts";
import type { StreamClock } from "../stream_clock.ts";
import { planSubscription } from "../subscribe_options.ts";
import type { MemoryBroker } from "./memory_broker.ts";
import type { MemoryLog } from "./memory_log.ts";
import { MemorySubscription } from "./memory_subscription.ts";

/** What a stream in this process is made of. */
export interface MemoryStreamParts {
  readonly path: string;
  readonly log: MemoryLog;
  readonly broker: MemoryBroker;
  readonly clock: StreamClock;
}

/** A stream in this process, for whoever opened it. Bodies are written and read as a broker would: nobody shares an object. */
export class MemoryStream<Body> implements Stream<Body> {
  readonly path: string;
  readonly #parts: MemoryStreamParts;
  readonly #subscriptions = new Set<Subscription<Body>>();
  #isClosed = false;

  /** Made by a broker. */
  constructor(parts: MemoryStreamParts) {
    this.path = parts.path;
    this.#parts = parts;
  }

  async publish(records: readonly NewRecord<Body>[]): Promise<void> {
    this.#refuseClosed("publish to");
    const { log, clock } = this.#parts;
    const now = () => clock.now();
    await log.append(sealRecords(records, now), { by: this, now });
  }

  // deno-lint-ignore require-await -- a broker would have to be asked
  async subscribe(options: SubscribeOptions): Promise<Subscription<Body>> {
    this.#refuseClosed("subscribe to");
    const { log, broker, clock } = this.#parts;
    const plan = planSubscription(this.path, options);
    const subscription: Subscription<Body> = new MemorySubscription<Body>({
      group: log.group(plan),
      clock,
      maxRecords: plan.maxRecords,
      limits: plan,
      bury: async (record, error) => {
        const letters = broker.log(deadLetterPath(log.path));
        const now = () => clock.now();
        await letters.append([sealDeadLetter(record, error, plan.group)], { by: this, now });
      },
      onClose: () => this.#subscriptions.delete(subscription),
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  // deno-lint-ignore require-await -- a broker would have to be asked
  async lag(group: string): Promise<number> {
    this.#refuseClosed("ask for the lag of");
    return this.#parts.log.lag(group);
  }

  async *look(group: string): AsyncGenerator<LookedRecord<Body>> {
    this.#refuseClosed("look at");
    const { log } = this.#parts;
    const reader = log.groups.get(group);
    for (const { partition: { index }, offset, record } of log.all()) {
      if (reader?.isDone(index, offset) === true) continue;
      yield lookAt(record, { partition: String(index), offset: String(offset), publishedAt: record.publishedAt });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const subscription of [...this.#subscriptions]) await subscription.close();
    this.#parts.log.abandon(
      this,
      new StreamError(`Cannot publish to ${this.path}: it was closed while the record waited for room`),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #refuseClosed(act: string): void {
    if (this.#isClosed) throw new StreamError(`Cannot ${act} ${this.path}: it is closed`);
  }
}
