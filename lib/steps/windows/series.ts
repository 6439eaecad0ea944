import { Tally } from "./tally.ts";
import type { Window, WindowPlan } from "./window_plan.ts";

interface Bucket {
  readonly index: number;
  readonly tally: Tally;
}

/** All buckets of a window but the newest one of the series, put together. */
interface Rest {
  readonly from: number;
  readonly newest: number;
  readonly changes: number;
  readonly tally: Tally;
}

/**
 * The buckets of one aggregation for one key. What a window holds is always put together of its buckets, never carried on, so
 * nothing drifts; only the newest bucket changes often, so the others are put together once and kept until one of them changes.
 */
export class Series {
  readonly #plan: WindowPlan;
  readonly #buckets: Bucket[] = []; // by index; empty stretches have none
  readonly #rests = new Map<Window, Rest>();
  #changes = 0;

  constructor(plan: WindowPlan) {
    this.#plan = plan;
  }

  /** How many buckets are kept. */
  get size(): number {
    return this.#buckets.length;
  }

  /** Counts a value in the bucket of its time. */
  add(value: unknown, time: number): void {
    const index = this.#plan.bucketOf(time);
    const at = this.#placeOf(index);
    const isNewest = index >= (this.#buckets.at(-1)?.index ?? -Infinity);
    let bucket = this.#buckets[at];
    if (bucket?.index !== index) {
      bucket = { index, tally: new Tally() };
      this.#buckets.splice(at, 0, bucket);
    }
    bucket.tally.add(value, time);
    if (!isNewest) this.#changes += 1;
  }

  /** Forgets the buckets before this one. */
  forget(before: number): void {
    const first = this.#placeOf(before);
    if (first > 0) this.#buckets.splice(0, first);
  }

  /** What a window holds at a time, put into a tally that is emptied before. */
  total(window: Window, time: number, total: Tally): Tally {
    total.clear();
    const bucket = this.#plan.bucketOf(time);
    const [from, to] = [window.from(bucket), window.to(bucket)];
    const newest = this.#buckets.at(-1);
    if (newest === undefined || newest.index > to) return this.#put(total, from, to);
    if (newest.index < from) return total;
    total.join(this.#restOf(window, from, newest.index));
    total.join(newest.tally);
    return total;
  }

  #restOf(window: Window, from: number, newest: number): Tally {
    const known = this.#rests.get(window);
    if (known?.from === from && known.newest === newest && known.changes === this.#changes) return known.tally;
    const tally = this.#put(new Tally(), from, newest - 1);
    this.#rests.set(window, { from, newest, changes: this.#changes, tally });
    return tally;
  }

  #put(tally: Tally, from: number, to: number): Tally {
    for (let at = this.#placeOf(from); at < this.#buckets.length && this.#buckets[at]!.index <= to; at++) {
      tally.join(this.#buckets[at]!.tally);
    }
    return tally;
  }

  /** Where a bucket is, or would be: most are the newest. */
  #placeOf(index: number): number {
    const buckets = this.#buckets;
    const newest = buckets.at(-1)?.index ?? -Infinity;
    if (newest <= index) return newest === index ? buckets.length - 1 : buckets.length;
    let [low, high] = [0, buckets.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (buckets[middle]!.index < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
