import type { StreamRecord } from "../streams/stream.ts";

const MOST_RECORDS = 10_000;

/** How often records came again through no fault of their own: what they were to be kept with could not be kept. What is known longest goes first. */
export class InnocentTries {
  readonly #counts = new Map<string, number>();

  /** They come again. */
  add(records: readonly StreamRecord[]): void {
    for (const record of records) {
      const name = nameOf(record);
      const count = this.#counts.get(name) ?? 0;
      this.#counts.delete(name);
      this.#counts.set(name, count + 1);
    }
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= MOST_RECORDS) return;
      this.#counts.delete(oldest);
    }
  }

  /** They do not come again. */
  forget(records: readonly StreamRecord[]): void {
    if (this.#counts.size === 0) return;
    for (const record of records) this.#counts.delete(nameOf(record));
  }

  /** How often a record was tried for its own sake, this time included. */
  triesOf(record: StreamRecord): number {
    const innocent = this.#counts.size === 0 ? 0 : this.#counts.get(nameOf(record)) ?? 0;
    return Math.max(1, record.tries - innocent);
  }
}

function nameOf({ partition, offset, id }: StreamRecord): string {
  return `${partition} ${offset} ${id}`;
}
