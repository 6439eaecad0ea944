import { redactText } from "../redact_text.ts";
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

/** Since when something does not go on, and why. */
export interface Halt extends StreamAway {
  /** The path of the stream that takes nothing, where it is that. */
  readonly output?: string | undefined;
}

/** The trouble of who reads a stream as a group. */
export function troubleOf(path: string, group: string, { since, reason, output }: Halt): StreamTrouble {
  const told = { since, reason: redactText(reason) };
  return output === undefined
    ? { act: "read", stream: redactText(path), group, ...told }
    : { act: "publish", stream: redactText(output), group: undefined, ...told };
}

/** Whether a stream can be read, or what is read of it can be kept, by what becomes of asking it for records. */
export class ReadingWatch {
  readonly #away: () => StreamAway | undefined;
  #trouble: Halt | undefined;
  #askedAt: number | undefined; // while there is no answer

  /** `away` tells since when what keeps it does not answer, while it is asked. */
  constructor(away: () => StreamAway | undefined = () => undefined) {
    this.#away = away;
  }

  /** It is asked for records. */
  asks(now: number): void {
    this.#askedAt = now;
  }

  /** It has given some: whether they can be kept is to be seen, and it is as it was, unless it was quiet before. */
  gives(now: number): void {
    if (this.#isQuiet(now)) this.#trouble = undefined;
    this.#askedAt = undefined;
  }

  /** It has given some, or what it gave is kept. */
  reads(): void {
    this.#trouble = this.#askedAt = undefined;
  }

  /** It could not. */
  fails(now: number, reason: string, output?: string): void {
    this.#trouble = { since: this.trouble(now)?.since ?? now, reason, ...output === undefined ? {} : { output } };
    this.#askedAt = undefined;
  }

  /** Since when it cannot be read, and why; undefined where it can. */
  trouble(now: number): Halt | undefined {
    const away = this.#away();
    if (away !== undefined && now - away.since >= AWAY_MS) return away;
    return this.#isQuiet(now) ? undefined : this.#trouble;
  }

  #isQuiet(now: number): boolean {
    return this.#away() === undefined && this.#askedAt !== undefined && now - this.#askedAt >= QUIET_MS;
  }
}
