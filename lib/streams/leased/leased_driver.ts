import type { Kept, StreamDriver } from "../driven_stream.ts";
import type { Reader } from "../reader.ts";
import type { ReaderSource } from "../reader_source.ts";
import type { WireRecord } from "../record.ts";
import type { StreamClock } from "../stream_clock.ts";
import type { StreamGroup } from "../stream_group.ts";
import type { SubscribePlan } from "../subscribe_options.ts";
import { AppendQueue } from "./append_queue.ts";
import type { BrokerLog } from "./broker_log.ts";
import { partitionNames } from "./group_member.ts";
import { groupsOf } from "./leased_groups.ts";
import { lookAtBroker } from "./leased_look.ts";
import { LeasedSource } from "./leased_source.ts";
import { readState } from "./state_text.ts";
import { within } from "./within.ts";

/** What a stream that a broker keeps is made of. */
export interface LeasedDriverParts {
  readonly log: BrokerLog;
  readonly clock: StreamClock;
  readonly sessionMs: number;
}

/** Longer than a model may hold the event loop, short enough to wait for after a kill. */
export const SESSION_MS = 5_000;
const CLOSE_MS = 3_000; // for what is still being published

/** A stream that a broker keeps: its groups share the partitions by leases. */
export class LeasedDriver implements StreamDriver {
  readonly #parts: LeasedDriverParts;
  readonly #queue: AppendQueue;
  readonly #sources = new Set<LeasedSource>();
  #watching: Promise<void> | undefined;

  constructor(parts: LeasedDriverParts) {
    this.#parts = parts;
    this.#queue = new AppendQueue(parts.log);
  }

  async append(records: readonly WireRecord[]): Promise<void> {
    await this.#queue.append(records);
  }

  source(plan: SubscribePlan, reader: Reader): ReaderSource {
    const source = new LeasedSource({
      ...this.#parts,
      plan,
      reader,
      watch: () => this.#watch(),
      onEnd: (source) => this.#sources.delete(source),
    });
    this.#sources.add(source);
    return source;
  }

  async lag(group: string): Promise<number> {
    const { log } = this.#parts;
    const documents = await log.readDocuments(group, partitionNames(log));
    const starts = documents.includes(undefined) ? await log.beginning("start") : [];
    const lags = documents.map(async (document, partition) => {
      if (document === undefined) return await log.countFrom(partition, starts[partition]!);
      const { open, ...position } = readState(document.text);
      return open.length + await log.countFrom(partition, position);
    });
    return (await Promise.all(lags)).reduce((sum, lag) => sum + lag, 0);
  }

  look(group: string): AsyncGenerator<Kept> {
    return lookAtBroker(this.#parts.log, group);
  }

  async groups(): Promise<StreamGroup[] | undefined> {
    const { log, sessionMs } = this.#parts;
    return log.groups === undefined ? undefined : await groupsOf(log, { sessionMs });
  }

  async forget(group: string): Promise<boolean> {
    await this.#parts.log.forgetGroup!(group);
    return true;
  }

  async remove(): Promise<boolean> {
    const { log } = this.#parts;
    try {
      await log.remove?.();
    } finally {
      await this.end();
    }
    return log.remove !== undefined;
  }

  async flush(): Promise<void> {
    await within(CLOSE_MS, this.#queue.idle());
  }

  async end(): Promise<void> {
    await this.#parts.log.close();
    await this.#queue.idle();
  }

  async #watch(): Promise<void> {
    this.#watching ??= this.#parts.log.watch((group) => {
      for (const source of this.#sources) void source.look(group);
    });
    try {
      await this.#watching;
    } catch (error) {
      this.#watching = undefined; // it may do the next time
      throw error;
    }
  }
}
