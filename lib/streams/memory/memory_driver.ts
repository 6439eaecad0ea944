import { StreamError } from "../../errors.ts";
import type { Kept, StreamDriver } from "../driven_stream.ts";
import type { Reader } from "../reader.ts";
import type { ReaderSource } from "../reader_source.ts";
import type { WireRecord } from "../record.ts";
import type { StreamClock } from "../stream_clock.ts";
import type { SubscribePlan } from "../subscribe_options.ts";
import type { MemoryLog } from "./memory_log.ts";
import { MemorySource } from "./memory_source.ts";

/** A stream in this process. Bodies are written and read as a broker would: nobody shares an object. */
export class MemoryDriver implements StreamDriver {
  readonly #log: MemoryLog;
  readonly #clock: StreamClock;

  constructor(log: MemoryLog, clock: StreamClock) {
    this.#log = log;
    this.#clock = clock;
  }

  async append(records: readonly WireRecord[]): Promise<void> {
    await this.#log.append(records, { by: this, now: () => this.#clock.now() });
  }

  source(plan: SubscribePlan, reader: Reader): ReaderSource {
    return new MemorySource({ group: this.#log.group(plan), reader, clock: this.#clock });
  }

  // deno-lint-ignore require-await -- a broker would have to be asked
  async lag(group: string): Promise<number> {
    return this.#log.lag(group);
  }

  *look(group: string): Generator<Kept> {
    const reader = this.#log.groups.get(group);
    for (const { partition: { index }, offset, record } of this.#log.all()) {
      if (reader?.isDone(index, offset) !== true) yield { partition: index, publishedAt: record.publishedAt, record };
    }
  }

  end(): void {
    const state = "it was closed while the record waited for room";
    this.#log.abandon(this, new StreamError(`Cannot publish to ${this.#log.path}: ${state}`));
  }
}
