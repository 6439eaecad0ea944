import type { StreamAway } from "../streams/answering.ts";

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

/** How long what keeps a stream may not answer before that is told, in milliseconds: it may start again. */
export const AWAY_MS = 5_000;
const QUIET_MS = 3_000; // who waits so long for records in vain, and hears of nothing wrong, reads

/** Whether a stream can be read, by what becomes of asking it for records. */
export class ReadingWatch {
  readonly #away: () => StreamAway | undefined;
  #trouble: StreamAway | undefined;
  #askedAt: number | undefined; // while there is no answer

  /** `away` tells since when what keeps it does not answer, while it is asked. */
  constructor(away: () => StreamAway | undefined = () => undefined) {
    this.#away = away;
  }

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
  trouble(now: number): StreamAway | undefined {
    const away = this.#away();
    if (away !== undefined && now - away.since >= AWAY_MS) return away;
    const isQuiet = away === undefined && this.#askedAt !== undefined && now - this.#askedAt >= QUIET_MS;
    return isQuiet ? undefined : this.#trouble;
  }
}
