import { describeThrown, StepError, StreamError } from "../errors.ts";
import { redactText } from "../redact_text.ts";
import type { RecordError, StreamRecord } from "./stream.ts";

/** What a driver does with records that a reader is done with: those at these indexes of the delivery. */
export interface Settler {
  /** The group is done with them. */
  commit(indexes: readonly number[]): Promise<void>;
  /** The group gets them again, before any later record of their key that it has not been given yet. */
  deliverAgain(indexes: readonly number[], afterMs: number): Promise<void>;
  /** The group gets them again at once, and that they were given out is no try. */
  putBack(indexes: readonly number[]): Promise<void>;
  /** Writes the record to the dead letters. */
  bury(index: number, error: RecordError & { readonly tries: number }): Promise<void>;
}

/** When `nack` gives up. */
export interface TryLimits {
  /** As `SubscribeOptions.maxTries`. */
  readonly maxTries: number;
  /** As `SubscribeOptions.backoffMs`. */
  readonly backoffMs: number;
}

const LONGEST_BACKOFF_MS = 120_000;

/** Some records, in order, and what can be done with them. Each is settled once: whole deliveries, or some of their records. */
export class Delivery<Body = unknown> implements Iterable<StreamRecord<Body>> {
  /** In the order of the stream. */
  readonly records: readonly StreamRecord<Body>[];
  #likely = 0; // the index of the record that is settled next, mostly
  readonly #isSettled: boolean[];
  readonly #settler: Settler;
  readonly #limits: TryLimits;

  /** Made by drivers. */
  constructor(records: readonly StreamRecord<Body>[], settler: Settler, limits: TryLimits) {
    this.records = records;
    this.#isSettled = records.map(() => false);
    this.#settler = settler;
    this.#limits = limits;
  }

  /** The records, in order. */
  [Symbol.iterator](): Iterator<StreamRecord<Body>> {
    return this.records[Symbol.iterator]();
  }

  /** The group is done with these records; by default with all that are not settled yet. */
  async ack(records: Iterable<StreamRecord<Body>> = this.#open()): Promise<void> {
    const taken = this.#take("acknowledge", records);
    if (taken.length > 0) await this.#settler.commit(taken);
  }

  /** They come again after so many milliseconds, however often they have come. */
  async retry(afterMs: number, records: Iterable<StreamRecord<Body>> = this.#open()): Promise<void> {
    if (!(Number.isFinite(afterMs) && afterMs >= 0)) {
      throw new RangeError(`Cannot retry after ${afterMs} ms: say how long to wait, 0 or more`);
    }
    const taken = this.#take("retry", records);
    if (taken.length > 0) await this.#settler.deliverAgain(taken, afterMs);
  }

  /** Nobody has begun with them: they come again, and this time counts as no try. */
  async putBack(records: Iterable<StreamRecord<Body>> = this.#open()): Promise<void> {
    const taken = this.#take("put back", records);
    if (taken.length > 0) await this.#settler.putBack(taken);
  }

  /** They failed: each comes again after a pause that doubles, or, after so many tries, goes to the dead letters. */
  async nack(error: unknown, records: Iterable<StreamRecord<Body>> = this.#open()): Promise<void> {
    const { maxTries, backoffMs } = this.#limits;
    await settleEach(this.#take("refuse", records), async (index) => {
      const { tries } = this.records[index]!;
      if (tries >= maxTries) return await this.#bury(index, error);
      const pauseMs = Math.min(backoffMs * 2 ** (tries - 1), LONGEST_BACKOFF_MS);
      await this.#settler.deliverAgain([index], pauseMs);
    });
  }

  /** They go to the dead letters at once: trying again cannot help. */
  async bury(error: unknown, records: Iterable<StreamRecord<Body>> = this.#open()): Promise<void> {
    await settleEach(this.#take("bury", records), (index) => this.#bury(index, error));
  }

  async #bury(index: number, error: unknown): Promise<void> {
    const { id, tries } = this.records[index]!;
    try {
      await this.#settler.bury(index, { ...errorOf(error), tries });
    } catch (cause) {
      await this.#settler.deliverAgain([index], LONGEST_BACKOFF_MS);
      throw new StreamError(`Cannot write record ${id} to the dead letters, so it will come again`, { cause });
    }
    await this.#settler.commit([index]);
  }

  #open(): StreamRecord<Body>[] {
    return this.records.filter((_, index) => !this.#isSettled[index]);
  }

  /** Where a record stands, below 0 where it does not. No map: of one by records V8 keeps what hangs on it beyond its time (`tests/bench/README.md`). */
  #indexOf(record: StreamRecord<Body>): number {
    const index = this.records[this.#likely] === record ? this.#likely : this.records.indexOf(record);
    this.#likely = index + 1;
    return index;
  }

  #take(act: string, records: Iterable<StreamRecord<Body>>): number[] {
    const taken = new Set<number>();
    for (const record of records) {
      const index = this.#indexOf(record);
      if (index < 0 || this.#isSettled[index] || taken.has(index)) {
        throw new StreamError(
          `Cannot ${act} record ${record.id}: it is settled already, is named twice, or was not in this delivery`,
        );
      }
      taken.add(index);
    }
    for (const index of taken) this.#isSettled[index] = true; // all of them, or none
    return [...taken];
  }
}

/** Settles one after another, the rest too where one cannot be settled. */
async function settleEach<Item>(items: readonly Item[], settle: (item: Item) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  for (const item of items) await settle(item).catch((error) => errors.push(error));
  if (errors.length > 0) {
    throw errors.length === 1 ? errors[0] : new AggregateError(errors, "Cannot settle the records");
  }
}

/** What is kept of an error: for a step's failure, what the step threw. */
function errorOf(error: unknown): RecordError {
  const step = error instanceof StepError ? error.step : "";
  const thrown = error instanceof StepError ? error.cause : error;
  const { name, message } = describeThrown(thrown);
  return { name, message: redactText(message), step }; // whoever may read the stream reads it
}
