type Line = readonly [n: number, key: string, at: number, hands: readonly number[]];

/** What has arrived in the file that the last function writes to, in the order in which it was written. */
export class Arrivals {
  readonly #file: string;
  readonly #firsts = new Map<number, Line>();
  #lines = 0;
  #at = 0;
  #rest = "";

  constructor(file: string) {
    this.#file = file;
  }

  /** How many different numbers have arrived. */
  get count(): number {
    return this.#firsts.size;
  }

  /** How often one arrived that had arrived before. */
  get duplicates(): number {
    return this.#lines - this.#firsts.size;
  }

  /** Reads what was written since the last time. */
  async look(): Promise<void> {
    let file: Deno.FsFile;
    try {
      file = await Deno.open(this.#file);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    using _open = file;
    await file.seek(this.#at, Deno.SeekMode.Start);
    for await (const bytes of file.readable) {
      this.#at += bytes.length;
      const lines = (this.#rest + new TextDecoder().decode(bytes)).split("\n"); // it is ASCII
      this.#rest = lines.pop()!;
      for (const text of lines) this.#take(JSON.parse(text));
    }
  }

  /** The different numbers, sorted. */
  numbers(): number[] {
    return [...this.#firsts.keys()].sort((one, other) => one - other);
  }

  /** Those whose key is another than it should be. */
  wrongKeys(keyOf: (n: number) => string): Line[] {
    return [...this.#firsts.values()].filter(([n, key]) => key !== keyOf(n));
  }

  /** Those that arrived for the first time after a later one of their key had. */
  outOfOrder(): string[] {
    const newest = new Map<string, Line>();
    const wrong: string[] = [];
    for (const line of this.#firsts.values()) {
      const before = newest.get(line[1]);
      if (before !== undefined && before[0] > line[0]) {
        wrong.push(`${JSON.stringify(line)} after ${JSON.stringify(before)}`);
      } else newest.set(line[1], line);
    }
    return wrong;
  }

  #take(line: Line): void {
    this.#lines += 1;
    if (!this.#firsts.has(line[0])) this.#firsts.set(line[0], line);
  }
}
