import { setImmediate as soon } from "node:timers/promises";
import { describeThrown, StreamError } from "../../errors.ts";
import { Distance } from "../distance.ts";
import type { WireRecord } from "../record.ts";
import type { BrokerLog } from "./broker_log.ts";
import { RefusedError } from "./refused_error.ts";

interface Publication {
  readonly records: readonly WireRecord[];
  readonly sizes: readonly number[];
  /** How many of them the broker has. */
  kept: number;
  /** Whether it goes with no other: one of them was refused. */
  isAlone: boolean;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

const MOST_RECORDS = 1_000; // at once: JetStream's limit of an atomic batch
const NEAR_RECORDS = 128; // of several calls, at a broker that answers soon: the next are made ready meanwhile
const FAR_MS = 5; // who never answers so soon is far: then as many go together as may
const MOST_BYTES = 4_000_000; // unless one record has more

/**
 * What is published goes to the broker in its order, one batch at a time: what has to be sent again overtakes nothing. Calls of the same moment
 * share a batch; where the broker refuses it, each of them goes alone, so that nobody's records are refused for another's.
 */
export class AppendQueue {
  readonly #log: BrokerLog;
  #waiting: Publication[] = [];
  #sending: Promise<void> | undefined;
  readonly #distance = new Distance(FAR_MS);

  constructor(log: BrokerLog) {
    this.#log = log;
  }

  /**
   * Resolves when the broker keeps all of them.
   *
   * @throws {StreamError} If it does not, with how many it keeps.
   */
  append(records: readonly WireRecord[]): Promise<void> {
    for (const record of records) this.#log.check(record);
    if (records.length === 0) return Promise.resolve();
    return new Promise((done, failed) => {
      this.#waiting.push({ records, sizes: records.map(sizeOf), kept: 0, isAlone: false, done, failed });
      this.#sending ??= this.#send();
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#sending;
  }

  async #send(): Promise<void> {
    if (this.#waiting[0]!.records.length < NEAR_RECORDS) await soon(); // calls of the same moment go together
    while (this.#waiting.length > 0) {
      const { calls, records } = this.#next();
      try {
        const sentAt = performance.now();
        await this.#log.append(records);
        this.#distance.answered(performance.now() - sentAt);
        this.#settle(records.length);
      } catch (error) {
        this.#failed(this.#waiting.slice(0, calls), error);
      }
    }
    this.#sending = undefined;
  }

  /** As many calls as go together; of a call that is larger than that, a part. */
  #next(): { readonly calls: number; readonly records: readonly WireRecord[] } {
    const first = this.#waiting[0]!;
    let [at, bytes] = [first.kept, 0];
    while (at < first.records.length && at - first.kept < MOST_RECORDS) {
      bytes += first.sizes[at]!;
      if (bytes > MOST_BYTES && at > first.kept) break;
      at += 1;
    }
    const records = first.records.slice(first.kept, at);
    if (first.isAlone || at < first.records.length) return { calls: 1, records };
    const most = this.#distance.isFar ? MOST_RECORDS : NEAR_RECORDS;
    let calls = 1;
    for (; calls < this.#waiting.length; calls++) {
      const next = this.#waiting[calls]!;
      for (const size of next.sizes) bytes += size;
      if (next.isAlone || records.length + next.records.length > most || bytes > MOST_BYTES) break;
      for (const record of next.records) records.push(record);
    }
    return { calls, records };
  }

  /** Where the broker has refused those of several calls and keeps none, they are sent again, each call alone. */
  #failed(calls: readonly Publication[], error: unknown): void {
    const isRefused = error instanceof RefusedError;
    if (isRefused) this.#settle(error.kept);
    const rest = calls.filter(({ kept, records }) => kept < records.length);
    if (isRefused && calls.length > 1) {
      for (const call of rest) call.isAlone = true;
      return;
    }
    this.#waiting = this.#waiting.filter((call) => !rest.includes(call));
    for (const { kept, records: { length }, failed } of rest) {
      const state = !isRefused || !error.isCertain
        ? `${kept} of ${length} records are known to be kept`
        : kept === 0
        ? "none of the records is kept"
        : `${kept} of ${length} records are kept`;
      failed(new StreamError(`${describeThrown(error).message}; ${state}`, { cause: error }));
    }
  }

  #settle(count: number): void {
    let done = 0;
    for (let rest = count; rest > 0;) {
      const call = this.#waiting[done]!;
      const here = Math.min(rest, call.records.length - call.kept);
      call.kept += here;
      rest -= here;
      if (call.kept < call.records.length) break;
      call.done();
      done += 1;
    }
    this.#waiting.splice(0, done);
  }
}

function sizeOf({ key = "", bytes, headers }: WireRecord): number {
  let size = bytes.length + key.length;
  for (const name in headers) size += name.length + headers[name]!.length;
  return size;
}
