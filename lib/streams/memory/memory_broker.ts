import { StreamError } from "../../errors.ts";
import { openRecord } from "../record.ts";
import { deadLetterPath } from "../dead_letter_path.ts";
import { DrivenStream } from "../driven_stream.ts";
import type { StreamRecord } from "../stream.ts";
import { MACHINE_CLOCK, type StreamClock } from "../stream_clock.ts";
import { readCount, readStreamPath } from "../stream_path.ts";
import { MemoryLog } from "./memory_log.ts";
import { MemoryDriver } from "./memory_driver.ts";

/** How a stream in this process is opened. */
export interface MemoryOptions {
  readonly clock?: StreamClock | undefined;
  /** How many records may wait for the slowest group, 1 or more. */
  readonly capacityRecords?: number | undefined;
}

const PARTITIONS = 4; // enough for several subscribers to share, few enough to look through at each turn
const CAPACITY = 10_000;

/** Keeps the streams of this process by path; what is published stays when those who opened a stream have closed it. */
export class MemoryBroker {
  readonly #logs = new Map<string, MemoryLog>();

  /**
   * Opens a stream: `memory://orders?partitions=8&capacity=1000`.
   *
   * @throws {StreamError} If the path says something that there is not.
   */
  open<Body>(path: string, { clock = MACHINE_CLOCK, capacityRecords }: MemoryOptions = {}): DrivenStream<Body> {
    const log = this.log(path, capacityRecords);
    // deno-lint-ignore require-await -- as those of a broker
    const openLetters = async () => this.open(deadLetterPath(log.path), { clock });
    return new DrivenStream<Body>({ path, name: log.path, clock, openLetters, driver: new MemoryDriver(log, clock) });
  }

  /** The log of a path, made where there is none yet. */
  log(path: string, capacityRecords?: number): MemoryLog {
    const { name, options } = readStreamPath(path, ["partitions", "capacity"]);
    const capacity = options.capacity ?? capacityRecords;
    const asked = capacity === undefined ? options : { ...options, capacity: readCount(path, "capacity", capacity) };
    let log = this.#logs.get(name);
    if (log === undefined) {
      const { partitions = PARTITIONS, capacity = CAPACITY } = asked;
      this.#logs.set(name, log = new MemoryLog(name, { partitions, capacity }));
    } else if (asked.partitions !== undefined && asked.partitions !== log.partitions.length) {
      throw new StreamError(
        `Cannot open ${path}: the stream has ${log.partitions.length} partitions already, and keys would move`,
      );
    } else if (asked.capacity !== undefined) {
      log.capacity = asked.capacity;
      log.makeRoom();
      for (const group of log.groups.values()) group.look();
    }
    return log;
  }

  /** What a stream still keeps, in the order of publishing; with groups, only what all of them have acknowledged. */
  records(path: string, groups: readonly string[] = []): StreamRecord[] {
    const log = this.log(path);
    return log.all()
      .filter(({ partition, offset }) =>
        groups.every((name) => log.groups.get(name)?.isDone(partition.index, offset) === true)
      )
      .map(({ partition, offset, record }) =>
        openRecord(record, {
          partition: String(partition.index),
          offset: String(offset),
          tries: 1,
          publishedAt: record.publishedAt,
        })
      );
  }
}
