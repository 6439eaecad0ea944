/** Since when what keeps a stream does not answer, and why. */
export interface StreamAway {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** What the last try ended with. */
  readonly reason: string;
}

/** Whether what keeps a stream answers, by what becomes of asking it. */
export class Answering {
  #away: StreamAway | undefined;

  /** Since when it does not answer; undefined where it does. */
  get away(): StreamAway | undefined {
    return this.#away;
  }

  /** It has not answered what it was asked at a time. */
  failed(reason: string, askedAt: number): void {
    this.#away = { since: this.#away?.since ?? askedAt, reason };
  }

  /** It has answered, whatever it said. */
  answered(): void {
    this.#away = undefined;
  }
}
