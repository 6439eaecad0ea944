import { says } from "./kafka_fault.ts";

const GONE_AFTER_MS = 5_000; // a topic that was just made is known sooner, and so is any by a broker that begins

/** Tells whether a topic has gone, by what its brokers answer one time after another. */
export class Absence {
  readonly #now: () => number;
  #since: number | undefined;

  /** @param now Milliseconds, from whenever. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Notes the last answer; tells whether no broker has known the topic for some seconds. */
  notes(error?: unknown): boolean {
    if (!says(error, "UNKNOWN_TOPIC") && !says(error, "Unknown topic")) {
      this.#since = undefined;
      return false;
    }
    this.#since ??= this.#now();
    return this.#now() - this.#since >= GONE_AFTER_MS;
  }
}
