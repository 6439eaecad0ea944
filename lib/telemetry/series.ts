/** One value that only grows. */
export class Counter {
  /** How much it is. */
  value = 0;

  /** Adds something; what is below 0 or no finite number is left out. */
  add(by = 1): void {
    if (by >= 0 && by < Infinity) this.value += by;
  }
}

/** One value that goes up and down. */
export class Gauge {
  /** How much it is; NaN as long as nobody said. */
  value = Number.NaN;

  /** Sets it. */
  set(value: number): void {
    this.value = value;
  }
}

/** How often each size happened. */
export class Histogram {
  /** The upper ends of its buckets, ascending, without infinity. */
  readonly bounds: readonly number[];
  /** How many values are in each bucket and in none before it; one more than there are bounds. */
  readonly counts: number[];
  /** The sum of all values. */
  sum = 0;
  /** How many there are. */
  count = 0;
  /** The value that was added last; 0 before the first. */
  last = 0;
  /** Is told each value too; nobody where it is undefined. */
  mirror: ((value: number) => void) | undefined;

  /** Takes the upper ends of the buckets. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  /** The mean of all values; 0 where there are none. */
  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** Adds a value. */
  observe(value: number): void {
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at += 1;
    this.counts[at]! += 1;
    this.count += 1;
    this.sum += value;
    this.last = value;
    this.mirror?.(value);
  }

  /** Adds the value once more that was added last. */
  again(): void {
    this.observe(this.last);
  }
}
