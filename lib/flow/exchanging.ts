import { describeThrown, StreamError } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";
import type { Log } from "../graph/context.ts";
import type { StreamAway } from "../streams/answering.ts";
import type { Delivery } from "../streams/delivery.ts";
import { type Exchange, OutputError, type Sealed } from "../streams/exchange.ts";
import type { StreamRecord } from "../streams/stream.ts";
import { BACKOFF_MS, MAX_TRIES } from "../streams/subscribe_options.ts";
import { isTaken } from "../streams/taken_error.ts";
import { isTooLarge } from "../streams/too_large_error.ts";
import { eventOf } from "./event_record.ts";
import type { Flow } from "./flow.ts";
import { KnownResults, type Result } from "./known_results.ts";
import { isWorthAnotherTry } from "./outcome.ts";
import { Pass } from "./pass.ts";
import { type Halt, ReadingWatch } from "./stream_trouble.ts";
import { sleep } from "./system_clock.ts";

/** What exchanging is made of. */
export interface ExchangingParts {
  readonly exchange: Exchange;
  readonly flow: Flow;
  readonly clock: Clock;
  readonly log: Log;
  /** What a record's body is for the flow. Default: as it came. */
  readonly read?: ((body: unknown) => unknown) | undefined;
  /** The queue that the stream stands for. */
  readonly queue?: string | undefined;
  /** What its events say has brought them. */
  readonly trigger: string;
  readonly maxTries?: number | undefined;
  readonly backoffMs?: number | undefined;
  /** Since when what keeps the stream does not answer, while it is asked. Default: it always does. */
  readonly away?: () => StreamAway | undefined;
}

/** It failed, and is to be tried again. */
interface Failed {
  readonly kind: "failed";
}

const LONGEST_BACKOFF_MS = 120_000;
const LONGEST_PAUSE_MS = 10_000;
const BURY_AGAIN_MS = 1_000;

/**
 * Works on deliveries, one after another. Of each partition all is published, with its acknowledgement, that stands before the first record
 * that failed: Kafka keeps one offset of a partition. Each that failed comes again after a pause of its own; what stands behind the first comes
 * again with it, and counts as not given out: what became of it is known, and it is not worked on once more, nor where it could not be kept.
 * So a record is worked on as often as it fails, and once, while this process reads its partition, knows no more than `KnownLimits` says,
 * and all can be kept that is not refused for its size; one that failed too often is published as a dead letter in its place.
 */
export class Exchanging {
  readonly #parts: ExchangingParts;
  readonly #maxTries: number;
  readonly #known = new KnownResults();
  #working: Promise<void> = Promise.resolve();
  readonly #watch: ReadingWatch; // of what is kept
  #failures = 0; // one after another

  constructor(parts: ExchangingParts) {
    this.#parts = parts;
    this.#maxTries = parts.maxTries ?? MAX_TRIES;
    this.#watch = new ReadingWatch(parts.away);
  }

  /** Resolves when nothing is being worked on. */
  get idle(): Promise<void> {
    return this.#working;
  }

  /** Since when nothing can be kept of what it works on, and why; undefined where it can, or where nothing has come for a while. */
  get trouble(): Halt | undefined {
    return this.#watch.trouble(this.#parts.clock.now());
  }

  /** Records are waited for. */
  waits(): void {
    this.#watch.asks(this.#parts.clock.now());
  }

  /** Resolves when the delivery is settled, or its records come again: these after a pause, unless the signal aborts. */
  async work(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    this.#watch.gives(clock.now());
    this.#working = this.#work(delivery).then(() => {
      this.#failures = 0;
      this.#watch.reads();
    }, (error) => this.#comeAgain(delivery, error));
    await this.#working;
    if (this.#failures === 0) return;
    const pauseMs = Math.min(BACKOFF_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
    await sleep(clock, pauseMs, signal).catch(() => {});
  }

  /** Nothing is kept. That partitions went to others is how groups work, and no trouble. */
  async #comeAgain(delivery: Delivery, error: unknown): Promise<void> {
    const { clock, exchange, log, trigger } = this.#parts;
    const reason = describeThrown(error).message;
    this.#failures += 1;
    if (!isTaken(error)) {
      this.#watch.fails(clock.now(), reason, error instanceof OutputError ? error.output : undefined);
    }
    log.warn(`Records come again from ${delivery.records[0]?.id} on: ${reason}`, { stream: trigger });
    if (isTaken(error) || isTooLarge(error)) this.#known.clear(); // these are others' now; that is sealed anew
    await exchange.discard().catch(() => {}); // whoever reads finds out
  }

  async #work(delivery: Delivery): Promise<void> {
    const records = this.#together(delivery.records);
    if (records.length < delivery.records.length) await delivery.putBack(delivery.records.slice(records.length));
    const results = await this.#workOn(records);
    const { first, behind } = untilFailure(records, (record) => {
      const result = results.get(record)!;
      return result.kind !== "failed" && waitOf(result, this.#parts.clock) === 0;
    });
    if (!await this.#buryAll(first, results, delivery)) return;
    await this.#settle(first, results, delivery);
    await this.#giveAgain(behind, results, delivery);
  }

  /** Up to the first that comes more often than it can have failed: it may be what ends processes, and is worked on alone. */
  #together(records: readonly StreamRecord[]): readonly StreamRecord[] {
    const at = records.findIndex(({ tries }) => tries > this.#maxTries);
    return at < 0 ? records : records.slice(0, Math.max(1, at));
  }

  async #workOn(records: readonly StreamRecord[]): Promise<ReadonlyMap<StreamRecord, Result | Failed>> {
    const { flow } = this.#parts;
    const results = new Map<StreamRecord, Result | Failed>();
    const working: Promise<unknown>[] = [];
    for (const record of records) {
      const known = this.#known.take(record) ?? this.#refuse(record);
      if (known !== undefined) {
        results.set(record, known);
        continue;
      }
      if (!flow.isReady) await flow.ready();
      working.push(this.#deliver(record).then((result) => results.set(record, result)));
    }
    await Promise.all(working);
    return results;
  }

  #refuse(record: StreamRecord): Result | undefined {
    const { tries, unreadable } = record;
    if (tries > 2 * this.#maxTries) return this.#giveUp(record, endedIts(record));
    return unreadable === undefined ? undefined : this.#giveUp(record, new TypeError(`The body is ${unreadable}`));
  }

  async #deliver(record: StreamRecord): Promise<Result | Failed> {
    const { flow, read, queue, trigger } = this.#parts;
    let event: ReturnType<typeof eventOf>;
    try {
      event = eventOf(record, trigger);
      if (read !== undefined) event.body = read(event.body);
    } catch (error) {
      return this.#giveUp(record, error);
    }
    const pass = new Pass();
    const isLastTry = record.tries >= this.#maxTries;
    const outcome = await flow.deliver(event, queue, isLastTry, pass);
    const sealed = pass.end();
    if (outcome.kind !== "failed") return { kind: "done", sealed };
    const { error } = outcome;
    if (isLastTry || !isWorthAnotherTry(error)) return this.#giveUp(record, error);
    this.#tell("warn", record, `failed at try ${record.tries}: ${describeThrown(error).message}`);
    return { kind: "failed" };
  }

  /** Has the dead letters ready; where one cannot be written all come again, and go without it. Tells whether it can. */
  async #buryAll(
    records: readonly StreamRecord[],
    results: ReadonlyMap<StreamRecord, Result | Failed>,
    delivery: Delivery,
  ): Promise<boolean> {
    for (const record of records) {
      const result = results.get(record)!;
      if (result.kind !== "given up") continue;
      try {
        await delivery.bury(result.error, [record]);
      } catch (error) {
        this.#tell("error", record, `cannot go to the dead letters: ${describeThrown(error).message}`);
        this.#keepKnown(results);
        this.#known.keep(record, { ...result, notBefore: this.#parts.clock.now() + BURY_AGAIN_MS });
        await this.#parts.exchange.discard();
        await delivery.putBack().catch(() => {}); // where it was begun anew they come by themselves
        return false;
      }
    }
    return true;
  }

  async #settle(
    records: readonly StreamRecord[],
    results: ReadonlyMap<StreamRecord, Result | Failed>,
    delivery: Delivery,
  ): Promise<void> {
    if (records.length === 0) return;
    const done: StreamRecord[] = [];
    const all: Sealed[] = [];
    for (const record of records) {
      const result = results.get(record)!;
      if (result.kind !== "done") continue;
      done.push(record);
      for (const sealed of result.sealed) all.push(sealed);
    }
    try {
      if (done.length > 0) await delivery.ack(done);
      await this.#parts.exchange.commit(all);
    } catch (error) {
      this.#keepKnown(results);
      throw error;
    }
  }

  /** All come again: what became of them is known. */
  #keepKnown(results: ReadonlyMap<StreamRecord, Result | Failed>): void {
    for (const [record, result] of results) if (result.kind !== "failed") this.#known.keep(record, result);
  }

  async #giveAgain(
    records: readonly StreamRecord[],
    results: ReadonlyMap<StreamRecord, Result | Failed>,
    delivery: Delivery,
  ): Promise<void> {
    const { backoffMs = BACKOFF_MS } = this.#parts;
    const atOnce: StreamRecord[] = [];
    const later = new Map<number, StreamRecord[]>(); // by their pauses: whoever reads is told in one go
    for (const record of records) {
      const result = results.get(record)!;
      const isFailed = result.kind === "failed";
      const pauseMs = isFailed
        ? Math.min(backoffMs * 2 ** (record.tries - 1), LONGEST_BACKOFF_MS)
        : waitOf(result, this.#parts.clock);
      if (!isFailed) this.#known.keep(record, result);
      if (!isFailed && pauseMs === 0) atOnce.push(record);
      else later.set(pauseMs, [...later.get(pauseMs) ?? [], record]);
    }
    const going = [...later].map(([pauseMs, some]) => delivery.retry(pauseMs, some));
    if (atOnce.length > 0) going.push(delivery.putBack(atOnce));
    await Promise.all(going);
  }

  #giveUp(record: StreamRecord, error: unknown): Result {
    this.#tell("error", record, `goes to the dead letters: ${describeThrown(error).message}`);
    return { kind: "given up", error };
  }

  #tell(level: "warn" | "error", { id, offset, partition }: StreamRecord, what: string): void {
    const { log, trigger } = this.#parts;
    log[level](`Record ${id} of ${trigger} ${what}`, { record: id, stream: trigger, partition, offset });
  }
}

/** How long a record has to wait that is not to be tried again. */
function waitOf(result: Result, clock: Clock): number {
  const { notBefore = -Infinity } = result.kind === "given up" ? result : {};
  return Math.max(0, notBefore - clock.now());
}

/** Of each partition what stands before the first record that is not ready, and the rest; both in order. */
export function untilFailure<Item extends { readonly partition: string }>(
  records: readonly Item[],
  isReady: (record: Item) => boolean,
): { readonly first: readonly Item[]; readonly behind: readonly Item[] } {
  const first: Item[] = [];
  const behind: Item[] = [];
  const stopped = new Set<string>();
  for (const record of records) {
    if (!stopped.has(record.partition) && !isReady(record)) stopped.add(record.partition);
    (stopped.has(record.partition) ? behind : first).push(record);
  }
  return { first, behind };
}

/** Why a record is given up that was in hand whenever a process ended. */
export function endedIts({ id, tries }: StreamRecord): StreamError {
  const times = `${tries - 1} times the process ended while it was in hand, the last times alone`;
  return new StreamError(`Cannot work on record ${id}: ${times}`);
}
