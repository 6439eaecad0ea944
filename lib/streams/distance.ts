const LAST = 16; // answers

/**
 * Whether whoever answers is far away, by the shortest of its last answers: others may have come before one of them, or this process was busy.
 * Who has not answered yet is near.
 */
export class Distance {
  readonly #farMs: number;
  readonly #waits: number[] = [];
  #at = 0;

  /** @param farMs Who never answers as soon as this is far. */
  constructor(farMs: number) {
    this.#farMs = farMs;
  }

  /** An answer has taken so long. */
  answered(ms: number): void {
    this.#waits[this.#at] = ms;
    this.#at = (this.#at + 1) % LAST;
  }

  get isFar(): boolean {
    return this.#waits.length > 0 && this.#waits.every((ms) => ms > this.#farMs);
  }
}
