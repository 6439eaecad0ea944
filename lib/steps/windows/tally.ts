/** What can be told of the values in a window. `stddev` and `stdvar` are of a sample, `sqr` is the sum of squares. */
export type Operation = "count" | "sum" | "avg" | "min" | "max" | "stddev" | "stdvar" | "sqr" | "first" | "last";

/** Every operation. */
export const OPERATIONS: readonly Operation[] = [
  "count",
  "sum",
  "avg",
  "min",
  "max",
  "stddev",
  "stdvar",
  "sqr",
  "first",
  "last",
];

const OF_ANYTHING: readonly Operation[] = ["count", "first", "last"];

/** Tells whether an operation needs numbers. */
export function isNumeric(operation: Operation): boolean {
  return !OF_ANYTHING.includes(operation);
}

/** A sum that loses nothing to rounding on the way (Neumaier): small values beside large ones count. */
interface Sum {
  total: number;
  lost: number;
}

/**
 * Counts values, and is joined with other tallies; nothing is ever taken back, so no error can grow. Values that are no numbers are
 * counted, and can be the first and the last.
 */
export class Tally {
  #count = 0;
  #sum: Sum = { total: 0, lost: 0 };
  #squares: Sum = { total: 0, lost: 0 };
  #mean = 0;
  #spread = 0; // the sum of squared distances from the mean: exact where the difference of two large sums is not
  #min = Infinity;
  #max = -Infinity;
  #firstTime = Infinity;
  #first: unknown = null;
  #lastTime = -Infinity;
  #last: unknown = null;

  /** Forgets everything. */
  clear(): void {
    this.#count = this.#mean = this.#spread = 0;
    this.#sum.total =
      this.#sum.lost =
      this.#squares.total =
      this.#squares.lost =
        0;
    this.#min = this.#firstTime = Infinity;
    this.#max = this.#lastTime = -Infinity;
    this.#first = this.#last = null;
  }

  /** Counts one value; of two of the same time the one added before is the first. */
  add(value: unknown, time: number): void {
    this.#count += 1;
    if (typeof value === "number") this.#addNumber(value);
    this.#order(value, time, value, time);
  }

  #addNumber(value: number): void {
    addTo(this.#sum, value);
    addTo(this.#squares, value * value);
    const distance = value - this.#mean;
    this.#mean += distance / this.#count;
    this.#spread += distance * (value - this.#mean);
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  #order(first: unknown, firstTime: number, last: unknown, lastTime: number): void {
    if (firstTime < this.#firstTime) {
      this.#firstTime = firstTime;
      this.#first = first;
    }
    if (lastTime >= this.#lastTime) {
      this.#lastTime = lastTime;
      this.#last = last;
    }
  }

  /** Counts everything that another tally has counted, of later times. */
  join(later: Tally): void {
    if (later.#count === 0) return;
    const count = this.#count + later.#count;
    const distance = later.#mean - this.#mean;
    this.#spread += later.#spread + distance * distance * (this.#count * later.#count / count);
    this.#mean += distance * (later.#count / count);
    this.#count = count;
    addTo(this.#sum, later.#sum.total);
    this.#sum.lost += later.#sum.lost;
    addTo(this.#squares, later.#squares.total);
    this.#squares.lost += later.#squares.lost;
    if (later.#min < this.#min) this.#min = later.#min;
    if (later.#max > this.#max) this.#max = later.#max;
    this.#order(later.#first, later.#firstTime, later.#last, later.#lastTime);
  }

  /** What is told of the values; null where there are too few: none, or one of which a spread is asked. */
  value(operation: Operation): unknown {
    if (operation === "count") return this.#count;
    if (this.#count === 0) return null;
    switch (operation) {
      case "sum":
        return valueOf(this.#sum);
      case "sqr":
        return valueOf(this.#squares);
      case "avg":
        return valueOf(this.#sum) / this.#count;
      case "min":
        return this.#min;
      case "max":
        return this.#max;
      case "first":
        return this.#first;
      case "last":
        return this.#last;
      case "stdvar":
        return this.#count < 2 ? null : this.#spread / (this.#count - 1);
      case "stddev":
        return this.#count < 2 ? null : Math.sqrt(this.#spread / (this.#count - 1));
    }
  }
}

function addTo(sum: Sum, value: number): void {
  const total = sum.total + value;
  sum.lost += Math.abs(sum.total) >= Math.abs(value) ? (sum.total - total) + value : (value - total) + sum.total;
  sum.total = total;
}

function valueOf({ total, lost }: Sum): number {
  return Number.isFinite(total) ? total + lost : total;
}
