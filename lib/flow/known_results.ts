import type { Sealed } from "../streams/exchange.ts";
import type { StreamRecord } from "../streams/stream.ts";

/** What is settled about a record: what became of it, or why it goes to the dead letters. */
export type Result =
  | { readonly kind: "done"; readonly sealed: readonly Sealed[] }
  /** `notBefore`: it could not be written there, and is tried again then. */
  | { readonly kind: "given up"; readonly error: unknown; readonly notBefore?: number };

/** How much is known at most. */
export interface KnownLimits {
  /** Default 10,000. */
  readonly mostRecords?: number;
  /** What became of them, in bytes. Default 64,000,000. */
  readonly mostBytes?: number;
}

/** Results of records that are to come once more: then they are not worked on again. What is known longest is forgotten first. */
export class KnownResults {
  readonly #mostRecords: number;
  readonly #mostBytes: number;
  readonly #results = new Map<string, Result>();
  #bytes = 0;

  constructor({ mostRecords = 10_000, mostBytes = 64_000_000 }: KnownLimits = {}) {
    this.#mostRecords = mostRecords;
    this.#mostBytes = mostBytes;
  }

  /** The result of a record that has come, where it is known; it is not any more. */
  take(record: StreamRecord): Result | undefined {
    return this.#results.size === 0 ? undefined : this.#forget(nameOf(record));
  }

  /** A record is to come once more. */
  keep(record: StreamRecord, result: Result): void {
    const name = nameOf(record);
    this.#forget(name);
    this.#results.set(name, result);
    this.#bytes += bytesOf(result);
    for (const oldest of this.#results.keys()) {
      if (this.#results.size <= this.#mostRecords && this.#bytes <= this.#mostBytes) return;
      this.#forget(oldest); // others may have its partition by now; else it is worked on again
    }
  }

  /** Nothing is known. */
  clear(): void {
    this.#results.clear();
    this.#bytes = 0;
  }

  #forget(name: string): Result | undefined {
    const result = this.#results.get(name);
    if (result === undefined) return undefined;
    this.#results.delete(name);
    this.#bytes -= bytesOf(result);
    return result;
  }
}

/** Its place does not say it: a topic may have been made anew. */
function nameOf({ partition, offset, id, time }: StreamRecord): string {
  return `${partition} ${offset} ${time.getTime()} ${id}`;
}

function bytesOf(result: Result): number {
  return result.kind === "done" ? result.sealed.reduce((sum, { bytes }) => sum + bytes, 0) : 0;
}
