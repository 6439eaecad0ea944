import { describeThrown, StreamError } from "../errors.ts";
import { LETTERS } from "./dead_letter_path.ts";
import { GoneError } from "./gone_error.ts";
import { HeldDriver } from "./held_driver.ts";
import { Reader } from "./reader.ts";
import type { ReaderSource, StoredRecord } from "./reader_source.ts";
import { lookAt, sealRecords, type WireRecord } from "./record.ts";
import { type LetterError, lettersOf } from "./seal_dead_letter.ts";
import type { LookedRecord, NewRecord, Stream, StreamHolder, SubscribeOptions, Subscription } from "./stream.ts";
import type { StreamClock } from "./stream_clock.ts";
import type { StreamGroup } from "./stream_group.ts";
import { groupFault, planSubscription, type SubscribePlan } from "./subscribe_options.ts";
import { isTooLarge } from "./too_large_error.ts";

/** A record that somebody looks at, and the partition that keeps it. */
export interface Kept {
  readonly partition: number;
  readonly publishedAt: number;
  readonly record: StoredRecord;
}

/** Gives a record with less than the last time; undefined where there is nothing to leave out any more. */
export type Smaller = () => WireRecord | undefined;

/** What every kind of stream has of its own: where records go, and where they come from. */
export interface StreamDriver {
  /**
   * Keeps records; what is urgent goes in however far the groups are behind. Where a size may be refused only later, when the record is kept
   * together with others, `smaller` gives it again with less each time, until there is nothing to leave out.
   */
  append(records: readonly WireRecord[], options: { isUrgent: boolean; smaller?: Smaller }): Promise<void>;
  /** What a subscriber reads from. */
  source(plan: SubscribePlan, reader: Reader): ReaderSource;
  /** What the broker does not take of a group's name, behind the name. Left out where it takes what all others do. */
  groupFault?(group: string): string | undefined;
  /** How many records a group has not acknowledged. */
  lag(group: string): Promise<number>;
  /** What a group has not acknowledged, see `Stream.look`. */
  look(group: string): Iterable<Kept> | AsyncIterable<Kept>;
  /** See `Stream.heldBy`. */
  heldBy?(): StreamHolder | undefined;
  /** See `Stream.expectNews`. */
  expectNews?(): void;
  /** See `DrivenStream.retire`; left out where whoever publishes waits for no group. */
  retire?(group: string): Promise<boolean>;
  /** See `DrivenStream.groups`; undefined, or left out, where nobody can tell. */
  groups?(): Promise<StreamGroup[] | undefined>;
  /** See `DrivenStream.forget`; tells whether nobody read as it. */
  forget?(group: string): Promise<boolean>;
  /** Resolves when what is being published is kept, or given up. */
  flush?(): void | Promise<void>;
  /** Lets go of what it took to open it. */
  end(): void | Promise<void>;
  /** Deletes what it keeps, and lets go of what it took to open it; tells whether it could, or is left out where it cannot. */
  remove?(): Promise<boolean>;
}

/** What a stream is made of. */
export interface StreamParts {
  /** As it was opened. */
  readonly path: string;
  /** As messages name it. */
  readonly name: string;
  readonly clock: StreamClock;
  /** The group of who subscribes without naming one. */
  readonly group?: string | undefined;
  /** Opens the stream of dead letters. */
  readonly openLetters: () => Promise<DrivenStream<unknown>>;
  /**
   * Who could never bury what cannot be worked on is told before it reads: the stream of letters is opened, or what hinders it is thrown.
   * Left out where nothing does.
   */
  readonly beforeReading?: "open letters" | (() => void);
  readonly driver: StreamDriver;
  /** Opens it anew where the driver throws a `GoneError`, and is ended. Left out where there is no such error. */
  readonly reopen?: () => Promise<StreamDriver>;
}

/** A stream, for whoever opened it, whatever keeps its records. */
export class DrivenStream<Body> implements Stream<Body> {
  readonly path: string;
  readonly #parts: StreamParts;
  readonly #readers = new Set<Reader<Body>>();
  readonly #driver: HeldDriver;
  #letters: Promise<DrivenStream<unknown>> | undefined;
  #isClosed = false;

  constructor(parts: StreamParts) {
    this.path = parts.path;
    this.#parts = parts;
    this.#driver = new HeldDriver(parts.driver, parts.reopen, (cause) => {
      const what = "what kept it has gone, and it is opened anew. Subscribe again";
      const why = new GoneError(`Cannot read ${parts.name}: ${what}`, { cause });
      return Promise.all([...this.#readers].map((reader) => reader.lose(why)));
    });
  }

  async publish(records: readonly NewRecord<Body>[]): Promise<void> {
    this.#refuseClosed("publish to");
    const sealed = sealRecords(records, () => this.#parts.clock.now());
    await this.#driver.do((driver) => driver.append(sealed, { isUrgent: false }));
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription<Body>> {
    this.#refuseClosed("subscribe to");
    return await this.#driver.do((driver) => this.#subscribe(options, driver));
  }

  async #subscribe(options: SubscribeOptions, driver: StreamDriver): Promise<Subscription<Body>> {
    const { name, clock, group } = this.#parts;
    const named = { ...options, group: options.group || group || "" };
    const plan = planSubscription(name, named, driver.groupFault);
    const reader: Reader<Body> = new Reader<Body>({
      name,
      clock,
      plan,
      source: (reader) => driver.source(plan, reader),
      bury: (record, error) => this.#bury(record, error, plan.group),
      onClose: () => this.#readers.delete(reader),
    });
    this.#readers.add(reader);
    try {
      await reader.join();
      await this.#prepareLetters();
    } catch (error) {
      await reader.close();
      throw error;
    }
    return reader;
  }

  async lag(group: string): Promise<number> {
    this.#refuseGroup("ask for the lag of", group);
    return await this.#driver.do((driver) => driver.lag(group));
  }

  async *look(group: string): AsyncGenerator<LookedRecord<Body>> {
    this.#refuseGroup("look at", group);
    for await (const { partition, record } of this.#driver.look(group)) {
      const { offset, place = String(offset), publishedAt } = record;
      yield lookAt(record, { partition: String(partition), offset: place, publishedAt });
    }
  }

  heldBy(): StreamHolder | undefined {
    return this.#isClosed ? undefined : this.#driver.current?.heldBy?.();
  }

  expectNews(): void {
    if (!this.#isClosed) this.#driver.current?.expectNews?.();
  }

  /**
   * Whoever publishes waits for a group no more; its place stays, and counts again when somebody reads as it. Tells whether that is so:
   * a group that is read stays as it is, and nobody waits for one where the driver knows no capacity.
   */
  async retire(group: string): Promise<boolean> {
    this.#refuseClosed("retire a group of");
    return await this.#driver.do(async (driver) => await driver.retire?.(group)) ?? true;
  }

  /**
   * The groups that the stream knows, and who reads as them.
   *
   * @throws {StreamError} If the stream is closed, or cannot tell.
   */
  async groups(): Promise<StreamGroup[]> {
    this.#refuseClosed("tell the groups of");
    const groups = await this.#driver.do(async (driver) => await driver.groups?.());
    if (groups === undefined) throw new StreamError(`Cannot tell the groups of ${this.#parts.name}: nobody lists them`);
    return groups;
  }

  /**
   * Forgets a group, and how far it has read: who reads as it again begins anew.
   *
   * @throws {StreamError} If there is no such group, or somebody reads as it.
   */
  async forget(group: string): Promise<void> {
    const act = `forget group "${group}" of ${this.#parts.name}`;
    const { readers } = (await this.groups()).find((one) => one.group === group) ?? {};
    if (readers === undefined) throw new StreamError(`Cannot ${act}: there is no such group`);
    if (readers === 0 && await this.#driver.do((driver) => driver.forget!(group))) return;
    throw new StreamError(`Cannot ${act}: somebody reads as it. End that first`);
  }

  async close(): Promise<void> {
    await this.#close((driver) => driver.end());
  }

  /** Closes it, and deletes what it keeps; its dead letters are a stream of their own. Tells whether its kind can: else it is only closed. */
  async remove(): Promise<boolean> {
    let isRemoved = false;
    await this.#close(async (driver) => {
      if (driver.remove === undefined) await driver.end();
      else isRemoved = await driver.remove();
    });
    return isRemoved;
  }

  /** Ends as a kill does, for tests: nobody says goodbye, what was not written is not. */
  async abandon(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#readers].map((reader) => reader.abandon()));
    await this.#end((driver) => driver.end());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(end: (driver: StreamDriver) => void | Promise<void>): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#readers].map((reader) => reader.close()));
    await this.#driver.current?.flush?.();
    await this.#end(end);
  }

  async #prepareLetters(): Promise<void> {
    const { name, beforeReading } = this.#parts;
    if (beforeReading === undefined || LETTERS.test(name)) return;
    try {
      if (beforeReading === "open letters") await this.#openLetters();
      else beforeReading();
    } catch (cause) {
      const { message } = describeThrown(cause);
      throw new StreamError(`Cannot subscribe to ${name}: its dead letters would have no place. ${message}`, { cause });
    }
  }

  async #openLetters(): Promise<DrivenStream<unknown>> {
    this.#letters ??= this.#parts.openLetters();
    return await this.#letters.catch((error) => {
      this.#letters = undefined; // they may be had the next time
      throw error;
    });
  }

  /** A record that could be read can be buried: a letter that is refused for its size is made smaller. */
  async #bury(record: WireRecord, error: LetterError, group: string): Promise<void> {
    const letters = await this.#openLetters();
    const ever = lettersOf(record, error, group);
    const smaller = () => ever.next().value;
    let refused: unknown;
    for (let letter = smaller(); letter !== undefined; letter = smaller()) {
      try {
        return await letters.#driver.do((driver) => driver.append([letter], { isUrgent: true, smaller }));
      } catch (error) {
        if (!isTooLarge(error)) {
          this.#letters = undefined; // where they were lost they are opened anew the next time
          void letters.close().catch(() => {});
          throw error;
        }
        refused = error;
      }
    }
    throw refused;
  }

  async #end(end: (driver: StreamDriver) => void | Promise<void>): Promise<void> {
    const letters = await this.#letters?.catch(() => undefined);
    await letters?.close();
    const driver = await this.#driver.close();
    if (driver !== undefined) await end(driver);
  }

  #refuseGroup(act: string, group: string): void {
    this.#refuseClosed(act);
    const fault = groupFault(group, this.#parts.driver.groupFault);
    if (fault !== undefined) throw new StreamError(`Cannot ${act} ${this.#parts.name}: ${fault}`);
  }

  #refuseClosed(act: string): void {
    if (this.#isClosed) throw new StreamError(`Cannot ${act} ${this.#parts.name}: it is closed`);
  }
}
