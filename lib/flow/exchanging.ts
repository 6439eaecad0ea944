import { describeThrown, StreamError } from "../errors.ts";
import type { Log } from "../graph/context.ts";
import type { Delivery } from "../streams/delivery.ts";
import type { Exchange } from "../streams/exchange.ts";
import type { StreamRecord } from "../streams/stream.ts";
import { BACKOFF_MS, MAX_TRIES } from "../streams/subscribe_options.ts";
import { eventOf } from "./event_record.ts";
import type { Flow } from "./flow.ts";
import { isWorthAnotherTry } from "./outcome.ts";

/** Some records that are exchanged together; what becomes of them carries it. */
export class Pass {
  /** What comes of them from here on is not kept: they are exchanged already, or will be tried again. */
  isOver = false;
}

/** What exchanging is made of. */
export interface ExchangingParts {
  readonly exchange: Exchange;
  readonly flow: Flow;
  readonly log: Log;
  /** What a record's body is for the flow. Default: as it came. */
  readonly read?: ((body: unknown) => unknown) | undefined;
  /** The queue that the stream stands for. */
  readonly queue?: string | undefined;
  /** What its events say has brought them. */
  readonly trigger: string;
  readonly maxTries?: number | undefined;
  readonly backoffMs?: number | undefined;
}

interface Failure {
  readonly error: unknown;
  /** Trying again cannot help. */
  readonly isFinal: boolean;
}

const LONGEST_BACKOFF_MS = 120_000;
const MOST_LETTERS = 10_000;

/**
 * Works on deliveries, each as a whole: everything that became of all its records is published together with their acknowledgement. Where one
 * fails nothing is: it comes again after a pause, the others at once. One that has failed too often is left out the next time, and
 * its dead letter is published with the rest.
 */
export class Exchanging {
  readonly #parts: ExchangingParts;
  readonly #maxTries: number;
  /** Why records become dead letters, by their places: they are to come once more. */
  readonly #letters = new Map<string, unknown>();
  #working: Promise<void> = Promise.resolve();

  constructor(parts: ExchangingParts) {
    this.#parts = parts;
    this.#maxTries = parts.maxTries ?? MAX_TRIES;
  }

  /** Resolves when nothing is being worked on. */
  get idle(): Promise<void> {
    return this.#working;
  }

  /** Resolves when the delivery is settled, or its records come again. */
  work(delivery: Delivery): Promise<void> {
    this.#working = this.#work(delivery).catch(async (error) => {
      const first = delivery.records[0];
      this.#parts.log.warn(`Records come again from ${first?.id} on: ${describeThrown(error).message}`, {
        stream: this.#parts.trigger,
      });
      await this.#parts.exchange.discard().catch(() => {}); // whoever reads finds out
    });
    return this.#working;
  }

  async #work(delivery: Delivery): Promise<void> {
    const records = this.#together(delivery.records);
    if (records.length < delivery.records.length) await delivery.putBack(delivery.records.slice(records.length));
    for (const record of records) {
      if (record.tries > 2 * this.#maxTries) this.#giveUp(record, endedIts(record));
      else if (record.unreadable !== undefined) this.#giveUp(record, new TypeError(`The body is ${record.unreadable}`));
    }
    const pass = new Pass();
    const failures = await this.#feed(records.filter((record) => !this.#letters.has(placeOf(record))), pass);
    pass.isOver = true;
    await (failures.size > 0 ? this.#again(records, failures, delivery) : this.#settle(records, delivery));
  }

  /** Up to the first that comes more often than it can have failed: it may be what ends processes, and is worked on alone. */
  #together(records: readonly StreamRecord[]): readonly StreamRecord[] {
    const at = records.findIndex(({ tries }) => tries > this.#maxTries);
    return at < 0 ? records : records.slice(0, Math.max(1, at));
  }

  async #feed(records: readonly StreamRecord[], pass: Pass): Promise<Map<StreamRecord, Failure>> {
    const { flow } = this.#parts;
    const failures = new Map<StreamRecord, Failure>();
    const fed: Promise<void>[] = [];
    for (const record of records) {
      if (!flow.isReady) await flow.ready();
      fed.push(
        this.#deliver(record, pass).then((failure) => {
          if (failure !== undefined) failures.set(record, failure);
        }),
      );
    }
    await Promise.all(fed);
    return failures;
  }

  async #deliver(record: StreamRecord, pass: Pass): Promise<Failure | undefined> {
    const { flow, read, queue, trigger } = this.#parts;
    let event: ReturnType<typeof eventOf>;
    try {
      event = eventOf(record, trigger);
      if (read !== undefined) event.body = read(event.body);
    } catch (error) {
      return { error, isFinal: true };
    }
    const outcome = await flow.deliver(event, queue, record.tries >= this.#maxTries, pass);
    if (outcome.kind !== "failed") return undefined;
    return { error: outcome.error, isFinal: !isWorthAnotherTry(outcome.error) };
  }

  /** Nothing of them is kept. */
  async #again(
    records: readonly StreamRecord[],
    failures: Map<StreamRecord, Failure>,
    delivery: Delivery,
  ): Promise<void> {
    await this.#parts.exchange.discard();
    const { backoffMs = BACKOFF_MS } = this.#parts;
    const atOnce: StreamRecord[] = [];
    for (const record of records) {
      const failure = failures.get(record);
      if (failure === undefined) atOnce.push(record);
      else if (failure.isFinal || record.tries >= this.#maxTries) {
        this.#giveUp(record, failure.error);
        atOnce.push(record);
      } else {
        this.#tell("warn", record, `failed at try ${record.tries}: ${describeThrown(failure.error).message}`);
        await delivery.retry(Math.min(backoffMs * 2 ** (record.tries - 1), LONGEST_BACKOFF_MS), [record]);
      }
    }
    if (atOnce.length > 0) await delivery.putBack(atOnce);
  }

  async #settle(records: readonly StreamRecord[], delivery: Delivery): Promise<void> {
    const buried = records.filter((record) => this.#letters.has(placeOf(record)));
    for (const record of buried) await delivery.bury(this.#letters.get(placeOf(record)), [record]);
    const done = records.filter((record) => !buried.includes(record));
    if (done.length > 0) await delivery.ack(done);
    await this.#parts.exchange.commit();
    for (const record of buried) this.#letters.delete(placeOf(record));
  }

  #giveUp(record: StreamRecord, error: unknown): void {
    const place = placeOf(record);
    if (this.#letters.has(place)) return;
    this.#tell("error", record, `goes to the dead letters: ${describeThrown(error).message}`);
    this.#letters.set(place, error);
    if (this.#letters.size <= MOST_LETTERS) return;
    this.#letters.delete(this.#letters.keys().next().value!); // others have its partition by now, or it fails again
  }

  #tell(level: "warn" | "error", { id, offset, partition }: StreamRecord, what: string): void {
    const { log, trigger } = this.#parts;
    log[level](`Record ${id} of ${trigger} ${what}`, { record: id, stream: trigger, partition, offset });
  }
}

/** Why a record is given up that was in hand whenever a process ended. */
export function endedIts({ id, tries }: StreamRecord): StreamError {
  const times = `${tries - 1} times the process ended while it was in hand, the last times alone`;
  return new StreamError(`Cannot work on record ${id}: ${times}`);
}

function placeOf({ partition, offset }: StreamRecord): string {
  return `${partition} ${offset}`;
}
