/** Tells messages that come a second time, by their signatures. */
export class ReplayGuard {
  readonly #seen = new Set<string>();
  readonly #remembered: number;

  /** @param remembered How many signatures are kept; default 65,536, as other kernels do. */
  constructor(remembered = 65_536) {
    this.#remembered = remembered;
  }

  /** Whether this signature has been seen; it is remembered. An empty one, of an unsigned message, never counts as seen. */
  isReplay(signature: string): boolean {
    if (signature === "") return false;
    if (this.#seen.has(signature)) return true;
    this.#seen.add(signature);
    if (this.#seen.size > this.#remembered) this.#seen.delete(this.#seen.values().next().value!);
    return false;
  }
}
