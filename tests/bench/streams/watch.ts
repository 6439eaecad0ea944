import process from "node:process";

/** What a record took, in microseconds. */
export interface Cost {
  /** By the clock. */
  readonly time: number;
  /** What all threads of this process worked. */
  readonly processor: number;
}

/** Measures what this process does while it runs. */
export class Watch {
  #time = 0;
  #processor = 0;
  #at = 0;
  #used = process.cpuUsage();

  /** Goes on. */
  run(): void {
    this.#used = process.cpuUsage();
    this.#at = performance.now();
  }

  /** Stops until it runs again. */
  pause(): void {
    this.#time += performance.now() - this.#at;
    const { user, system } = process.cpuUsage(this.#used);
    this.#processor += user + system;
  }

  /** What each of so many records took. */
  cost(records: number): Cost {
    return { time: this.#time * 1e3 / records, processor: this.#processor / records };
  }
}
