import type { Host } from "./host.ts";

/** So many threads of one model may be lost and replaced: each takes a core, or what it holds, until the program ends. */
const LIMIT = 2;

/** The places of one model that are lost, however often it is loaded: a few are replaced, and with one more it has no place any more. */
export class Losses {
  readonly #lost = new Set<Host>();
  /** Told when another may begin in the place's stead. */
  readonly #waiting = new Map<Host, () => void>();

  /** How many there are. */
  get count(): number {
    return this.#lost.size;
  }

  /** Whether there are more than are replaced. */
  get isSpent(): boolean {
    return this.#lost.size > LIMIT;
  }

  /** Resolves when nothing is left of a place, or it is lost and replaced. */
  over(host: Host): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(host, resolve);
    host.gone.then(() => {
      this.#lost.delete(host);
      this.#waiting.delete(host);
      resolve();
      this.#replace();
    });
    return promise;
  }

  /** A place is lost. Gives whether it is replaced. */
  add(host: Host): boolean {
    this.#lost.add(host);
    this.#replace();
    return !this.isSpent;
  }

  #replace(): void {
    if (this.isSpent) return;
    for (const host of this.#lost) this.#waiting.get(host)?.();
  }
}
