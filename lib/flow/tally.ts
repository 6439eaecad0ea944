/** Counts what is under way. A number keeps nothing alive; a set that promises enter and leave all the time does. */
export class Tally {
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  /** Whether nothing is under way. */
  get isNone(): boolean {
    return this.#count === 0;
  }

  /** Something begins. */
  enter(): void {
    this.#count += 1;
  }

  /** So many have ended. */
  leave(count = 1): void {
    this.#count -= count;
    if (this.#count === 0) { for (const go of this.#waiting.splice(0)) go(); }
  }

  /** Resolves when nothing is under way. */
  none(): Promise<void> {
    return this.isNone ? Promise.resolve() : new Promise((go) => this.#waiting.push(go));
  }
}
