const SILENT_SIGNS = 3; // in a row that nobody answered: told
const STUCK_SIGNS = 40; // killed; counted, not timed: a machine that slept accuses nobody

/** That a worker does not answer. */
export interface Silence {
  readonly since: Date;
  readonly ms: number;
  /** Without any sign of life for so long, one is killed, in milliseconds. */
  readonly killedAfterMs: number;
}

/** What is done to a worker that is watched. */
export interface Watched {
  /** Asks it for a sign of life. */
  ask(): void;
  /** It has given none for long. */
  kill(): void;
}

/** Asks a worker for signs of life: who answers none is told of, and killed where nothing at all comes of it. */
export class WorkerSigns {
  readonly #everyMs: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #answeredAt = 0;
  /** Signs that were asked for since it answered, and since anything came of it: who prints computes, but answers nobody. */
  #unanswered = 0;
  #missed = 0;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Begins to ask. */
  watch({ ask, kill }: Watched): void {
    this.answered();
    this.#timer = setInterval(() => {
      if (this.#missed >= STUCK_SIGNS) return kill();
      this.#unanswered += 1;
      this.#missed += 1;
      ask();
    }, this.#everyMs);
  }

  /** It is gone. */
  end(): void {
    clearInterval(this.#timer);
  }

  /** It has written something. */
  heard(): void {
    this.#missed = 0;
  }

  /** It has said something. */
  answered(): void {
    this.#missed = 0;
    this.#unanswered = 0;
    this.#answeredAt = performance.now();
  }

  /** Undefined where it answers. */
  get silence(): Silence | undefined {
    if (this.#unanswered <= SILENT_SIGNS) return undefined; // the last was asked for just now
    const ms = performance.now() - this.#answeredAt;
    return { since: new Date(Date.now() - ms), ms, killedAfterMs: STUCK_SIGNS * this.#everyMs };
  }
}
