import { oldestFirst } from "../oldest_first.ts";
import type { Reader } from "../reader.ts";
import type { Given, ReaderSource } from "../reader_source.ts";
import type { StreamClock } from "../stream_clock.ts";
import type { MemoryCursor } from "./memory_cursor.ts";
import type { MemoryGroup } from "./memory_group.ts";

/** What a source is made of. */
export interface SourceParts {
  readonly group: MemoryGroup;
  readonly reader: Reader;
  readonly clock: StreamClock;
}

/** What a subscriber in this process reads from: its share of its group's partitions. */
export class MemorySource implements ReaderSource<MemoryCursor> {
  readonly #parts: SourceParts;

  constructor(parts: SourceParts) {
    this.#parts = parts;
  }

  // deno-lint-ignore require-await -- a broker would have to be told
  async join(): Promise<void> {
    this.#parts.group.join(this);
  }

  /** There may be something to give out. */
  look(): void {
    this.#parts.reader.look();
  }

  cursors(): readonly MemoryCursor[] {
    return this.#parts.group.cursorsOf(this);
  }

  heads(): Iterable<Given<MemoryCursor>> {
    return oldestFirst(this.cursors(), this.#parts.clock.now());
  }

  // deno-lint-ignore require-await -- a broker would have to be told
  async keep(_cursors: ReadonlySet<MemoryCursor>, what: "given" | "done" | "again"): Promise<void> {
    if (what !== "given") this.#parts.group.settled();
  }

  // deno-lint-ignore require-await -- a broker would have to be told
  async leave(): Promise<void> {
    this.abandon();
  }

  abandon(): void {
    this.#parts.group.leave(this, this.#parts.clock.now());
  }
}
