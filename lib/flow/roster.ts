/** What may stand in a roster, in one at a time. */
export interface Listed<Self> {
  /** The roster's own: who came before it. */
  earlier: Self | undefined;
  /** The roster's own: who came behind it. */
  later: Self | undefined;
}

/**
 * Those who are there now, in the order in which they came. Where many come and go this is what a `Set` is not: V8 replaces a set's table
 * every few changes, and old tables lead to newer ones, so that garbage outlives its time, and is copied and marked with all that hangs on it.
 */
export class Roster<Item extends Listed<Item>> {
  #last: Item | undefined;
  #first: Item | undefined;

  /** Who came first of those who are there. */
  get first(): Item | undefined {
    return this.#first;
  }

  /** Puts one behind the others. */
  add(item: Item): void {
    item.earlier = this.#last;
    if (this.#last === undefined) this.#first = item;
    else this.#last.later = item;
    this.#last = item;
  }

  /** Takes one out; who is not there is left alone. */
  delete(item: Item): void {
    const { earlier, later } = item;
    if (earlier === undefined && this.#first !== item) return;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    item.earlier = item.later = undefined; // what is gone must not hold what came later
  }
}
