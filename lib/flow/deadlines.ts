import type { Clock } from "../graph/clock.ts";

/** Calls back for everything that took longer than one limit: the same for all, so one list in order and one timer do. */
export class Deadlines<Item> {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onOver: (item: Item) => void;
  readonly #due = new Map<Item, number>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, limitMs: number, onOver: (item: Item) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onOver = onOver;
  }

  /** The time of an item begins now. */
  add(item: Item): void {
    this.#due.set(item, this.#clock.now() + this.#limitMs);
    this.#cancel ??= this.#clock.schedule(this.#limitMs, () => this.#look());
  }

  /** An item is done in time. */
  delete(item: Item): void {
    this.#due.delete(item);
  }

  /** What is waited for, the longest first. */
  items(): Iterable<Item> {
    return this.#due.keys();
  }

  /** Nothing is waited for any more. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#due.clear();
  }

  #look(): void {
    const now = this.#clock.now(); // the timer that has come still stands, so what is added meanwhile sets no other
    for (const [item, due] of this.#due) {
      if (due > now) {
        this.#cancel = this.#clock.schedule(due - now, () => this.#look());
        return;
      }
      this.#due.delete(item);
      this.#onOver(item);
    }
    this.#cancel = undefined;
  }
}
