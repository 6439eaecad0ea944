/** A stream that cannot be read, or that takes nothing. */
export interface StreamTrouble {
  /** What cannot be done. */
  readonly act: "read" | "publish";
  /** The stream's path. */
  readonly stream: string;
  /** Who reads; of a stream that takes nothing who holds it up, where that is known. */
  readonly group: string | undefined;
  /** Since when, milliseconds since 1970. */
  readonly since: number;
  /** What went wrong the last time. */
  readonly reason: string;
}

const QUIET_MS = 3_000; // who waits so long for records in vain, and hears of nothing wrong, reads

/** Whether a stream can be read, by what becomes of asking it for records. */
export class ReadingWatch {
  #trouble: Pick<StreamTrouble, "since" | "reason"> | undefined;
  #askedAt: number | undefined; // while there is no answer

  /** It is asked for records. */
  asks(now: number): void {
    this.#askedAt = now;
  }

  /** It has given some. */
  reads(): void {
    this.#trouble = this.#askedAt = undefined;
  }

  /** It could not. */
  fails(now: number, reason: string): void {
    this.#trouble = { since: this.trouble(now)?.since ?? now, reason };
    this.#askedAt = undefined;
  }

  /** Since when it cannot be read, and why; undefined where it can. */
  trouble(now: number): Pick<StreamTrouble, "since" | "reason"> | undefined {
    const isQuiet = this.#askedAt !== undefined && now - this.#askedAt >= QUIET_MS;
    return isQuiet ? undefined : this.#trouble;
  }
}
