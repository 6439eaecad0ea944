import type { Clock } from "../graph/clock.ts";
import { type Listed, Roster } from "./roster.ts";

/** An item whose time runs. */
export interface Due<Item> extends Listed<Due<Item>> {
  readonly item: Item;
  readonly atMs: number;
}

/** Calls back for everything that took longer than one limit: the same for all, so one list in order and one timer do. */
export class Deadlines<Item> {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onOver: (item: Item) => void;
  readonly #due = new Roster<Due<Item>>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, limitMs: number, onOver: (item: Item) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onOver = onOver;
  }

  /** The time of an item begins now. */
  add(item: Item): Due<Item> {
    const due: Due<Item> = { item, atMs: this.#clock.now() + this.#limitMs, earlier: undefined, later: undefined };
    this.#due.add(due);
    this.#cancel ??= this.#clock.schedule(this.#limitMs, () => this.#look());
    return due;
  }

  /** An item is done; one that was in time is not called back for. */
  delete(due: Due<Item>): void {
    this.#due.delete(due);
  }

  /** Nothing is waited for any more. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (let due = this.#due.first; due !== undefined; due = this.#due.first) this.#due.delete(due);
  }

  #look(): void {
    const now = this.#clock.now(); // the timer that has come still stands, so what is added meanwhile sets no other
    for (let due = this.#due.first; due !== undefined; due = this.#due.first) {
      if (due.atMs > now) {
        this.#cancel = this.#clock.schedule(due.atMs - now, () => this.#look());
        return;
      }
      this.#due.delete(due);
      this.#onOver(due.item);
    }
    this.#cancel = undefined;
  }
}
