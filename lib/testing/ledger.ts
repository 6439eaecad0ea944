import type { StreamRecord } from "../streams/stream.ts";

/** What a function was given of a stream, and what became of that; it outlives the function's crashes. */
export class Ledger {
  readonly #inHand = new Map<string, StreamRecord>();
  readonly #settled = new Set<string>();

  /** A record was given to the function. */
  give(record: StreamRecord): void {
    this.#inHand.set(placeOf(record), record);
  }

  /** The function gave it back, unbegun. */
  takeBack(record: StreamRecord): void {
    this.#inHand.delete(placeOf(record));
  }

  /** The stream knows that the function's group is done with a record. */
  settle(record: StreamRecord): void {
    this.#inHand.delete(placeOf(record));
    this.#settled.add(placeOf(record));
  }

  /** The function has crashed: gives what it had in hand and not acknowledged. */
  lose(): StreamRecord[] {
    const lost = [...this.#inHand.values()];
    this.#inHand.clear();
    return lost;
  }

  /** Whether the group is done with a record. */
  isSettled(record: StreamRecord): boolean {
    return this.#settled.has(placeOf(record));
  }

  /** Whether the function has a record, or the group is done with it. */
  knows(record: StreamRecord): boolean {
    return this.#inHand.has(placeOf(record)) || this.isSettled(record);
  }
}

/** Names a record within its stream. */
export function placeOf({ partition, offset }: StreamRecord): string {
  return `${partition} ${offset}`;
}
