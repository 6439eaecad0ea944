import type { WireRecord } from "../record.ts";
import type { BrokerLog } from "./broker_log.ts";

interface Waiting {
  readonly records: readonly WireRecord[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const MOST_RECORDS = 1_000; // at once, and
const MOST_BYTES = 4_000_000; // unless one call has more

/** What is published goes to the broker in its order, one batch at a time: what has to be sent again overtakes nothing. */
export class AppendQueue {
  readonly #log: BrokerLog;
  readonly #waiting: Waiting[] = [];
  #sending: Promise<void> | undefined;

  constructor(log: BrokerLog) {
    this.#log = log;
  }

  /** Resolves when the broker keeps all of them. */
  append(records: readonly WireRecord[]): Promise<void> {
    for (const record of records) this.#log.check(record);
    if (records.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      this.#sending ??= this.#send();
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#sending;
  }

  async #send(): Promise<void> {
    await undefined; // calls of the same moment go together
    while (this.#waiting.length > 0) {
      const calls = this.#nextCalls();
      try {
        await this.#log.append(calls.flatMap(({ records }) => records));
        for (const { resolve } of calls) resolve();
      } catch (error) {
        for (const { reject } of calls) reject(error);
      }
    }
    this.#sending = undefined;
  }

  #nextCalls(): Waiting[] {
    let [count, records, bytes] = [0, 0, 0];
    while (count < this.#waiting.length && (count === 0 || records < MOST_RECORDS && bytes < MOST_BYTES)) {
      const next = this.#waiting[count++]!.records;
      records += next.length;
      bytes += next.reduce((sum, record) => sum + record.bytes.length, 0);
    }
    return this.#waiting.splice(0, count);
  }
}
