import { rmSync } from "node:fs";
import type { Kept, StreamDriver } from "../driven_stream.ts";
import type { Reader } from "../reader.ts";
import type { ReaderSource } from "../reader_source.ts";
import type { WireRecord } from "../record.ts";
import type { StreamHolder } from "../stream.ts";
import type { StreamGroup } from "../stream_group.ts";
import type { StreamClock } from "../stream_clock.ts";
import type { SubscribePlan } from "../subscribe_options.ts";
import type { LocalDatabase } from "./local_database.ts";
import { faultOf } from "./local_fault.ts";
import { forgetGroup, groupsOf } from "./local_groups.ts";
import { LocalLog } from "./local_log.ts";
import { lookLocally } from "./local_look.ts";
import { LocalPublisher } from "./local_publisher.ts";
import { LocalSource } from "./local_source.ts";
import { type Interest, LocalWatch } from "./local_watch.ts";
import { WriteQueue } from "./write_queue.ts";

/** What a stream between processes is made of. */
export interface LocalDriverParts {
  readonly database: LocalDatabase;
  readonly clock: StreamClock;
  /** See `MemberParts.sessionMs`. */
  readonly sessionMs: number;
  /** See `StreamOptions.newsMs`. */
  readonly newsMs?: number | undefined;
  /** How long another process may hold the file before who writes is told, in milliseconds. Default 30,000. */
  readonly giveUpMs?: number | undefined;
}

const TRIM_EVERY_MS = 1_000;

/** A stream between the processes of this machine. */
export class LocalDriver implements StreamDriver {
  readonly #parts: LocalDriverParts;
  readonly #log: LocalLog;
  readonly #queue: WriteQueue;
  readonly #watch: LocalWatch;
  readonly #publisher: LocalPublisher;
  readonly #sources = new Set<LocalSource>();
  #trimmedAt = -Infinity;

  constructor(parts: LocalDriverParts) {
    const { database, clock, newsMs, giveUpMs } = parts;
    this.#parts = parts;
    this.#log = new LocalLog(database);
    this.#watch = new LocalWatch(database, { look: () => this.#look(), interest: () => this.#interest(), newsMs });
    this.#queue = new WriteQueue(database, () => this.#watch.ring(), giveUpMs);
    this.#publisher = new LocalPublisher({ log: this.#log, queue: this.#queue, clock });
  }

  async append(records: readonly WireRecord[], options: { isUrgent: boolean }): Promise<void> {
    const publishing = this.#publisher.publish(records, options);
    this.#watch.attend();
    this.#trimSometimes();
    await publishing;
  }

  source(plan: SubscribePlan, reader: Reader): ReaderSource {
    const { clock, sessionMs } = this.#parts;
    const source = new LocalSource({
      log: this.#log,
      queue: this.#queue,
      clock,
      sessionMs,
      plan,
      reader,
      onWait: () => this.#watch.attend(),
      onEnd: (source) => this.#sources.delete(source),
    });
    this.#sources.add(source);
    this.#watch.attend();
    return source;
  }

  // deno-lint-ignore require-await -- what cannot be read rejects
  async lag(group: string): Promise<number> {
    try {
      return this.#log.lag(group);
    } catch (error) {
      throw this.#faultOf("ask for the lag of", error);
    }
  }

  heldBy(): StreamHolder | undefined {
    try {
      return this.#log.room > 0 ? undefined : this.#log.slowest(this.#parts.clock.now());
    } catch {
      return undefined; // whoever writes is told what is wrong with the file
    }
  }

  /** Waits for readers that were killed, until their session has ended. */
  async retire(group: string): Promise<boolean> {
    const { clock, database } = this.#parts;
    const retire = () =>
      this.#queue.write(`retire a group of ${database.name}`, () => this.#log.retire(group, clock.now()));
    const until = await retire();
    if (until === undefined) return true;
    await new Promise<void>((go) => clock.schedule(until - clock.now() + 1, go));
    return await retire() === undefined;
  }

  // deno-lint-ignore require-await -- what cannot be read rejects
  async groups(): Promise<StreamGroup[]> {
    const { database, clock, sessionMs } = this.#parts;
    try {
      return groupsOf(database, { now: clock.now(), sessionMs });
    } catch (error) {
      throw this.#faultOf("tell the groups of", error);
    }
  }

  async forget(group: string): Promise<boolean> {
    const { database, clock } = this.#parts;
    const act = `forget a group of ${database.name}`;
    return await this.#queue.write(act, () => forgetGroup(database, group, clock.now()));
  }

  async *look(group: string): AsyncGenerator<Kept> {
    try {
      yield* lookLocally(this.#log, group);
    } catch (error) {
      throw this.#faultOf("look at", error);
    }
  }

  expectNews(): void {
    this.#watch.ring();
  }

  async flush(): Promise<void> {
    await this.#publisher.close();
    await this.#queue.idle();
  }

  async remove(): Promise<boolean> {
    await this.end();
    for (const part of ["", "-wal", "-shm"]) rmSync(this.#parts.database.file + part, { force: true });
    return true;
  }

  async end(): Promise<void> {
    this.#watch.close();
    this.#queue.close();
    await this.#publisher.end();
    this.#parts.database.close();
  }

  #look(): void {
    this.#publisher.look();
    for (const source of this.#sources) void source.look();
  }

  #interest(): Interest {
    if (this.#publisher.isWaiting || [...this.#sources].some(({ isWaiting }) => isWaiting)) return "waiting";
    return this.#sources.size > 0 ? "looking on" : "none";
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

  #faultOf(act: string, error: unknown): Error {
    const { name, file } = this.#parts.database;
    return faultOf(`${act} ${name}`, file, error);
  }
}
