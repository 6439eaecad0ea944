import { laterOf } from "../../graph/later.ts";

/** Does work one after another by key, so that each sees what the one before it left; at once where nothing is under way. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` when it is its turn, and gives its result to `keep` before the next begins. A failure ends only its own turn. */
  take<Kept>(key: string, work: () => unknown, keep: (result: unknown) => Kept): Kept | Promise<Kept> {
    const before = this.#last.get(key);
    const result = before === undefined ? work() : before.then(work);
    const later = laterOf(result);
    if (later === undefined) return keep(result);
    const kept = later.then(keep);
    const last = kept.catch(() => {});
    this.#last.set(key, last);
    last.then(() => {
      if (this.#last.get(key) === last) this.#last.delete(key);
    });
    return kept;
  }
}
