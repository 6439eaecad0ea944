import type { Clock } from "../graph/clock.ts";
import type { Log } from "../graph/context.ts";
import { AWAY_MS, type ReadingWatch } from "./stream_trouble.ts";

/** Who waits for records, and tells when there can be none. */
export interface AwaitingParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly watch: ReadingWatch;
  /** The stream's path. */
  readonly stream: string;
  readonly group: string;
  /** Whether who reads can say that there can be none: else nothing is due while it waits. Default: yes. */
  readonly canTell?: () => boolean;
}

/** Waits for records of a stream; says in the log, once each, when what keeps it does not answer, and when it does again. */
export class AwaitedRecords {
  readonly #parts: AwaitingParts;
  #isTold = false;

  constructor(parts: AwaitingParts) {
    this.#parts = parts;
  }

  /** What `ask` gives. */
  async next<Result>(ask: () => Promise<Result>): Promise<Result> {
    const { clock, watch, canTell = () => true } = this.#parts;
    let cancel = () => {};
    const look = () => {
      this.#tell();
      cancel = clock.schedule(AWAY_MS, look);
    };
    watch.asks(clock.now());
    if (canTell()) cancel = clock.schedule(AWAY_MS, look);
    try {
      const result = await ask();
      watch.reads();
      this.#tell();
      return result;
    } finally {
      cancel();
    }
  }

  #tell(): void {
    const { clock, log, watch, stream, group } = this.#parts;
    const trouble = watch.trouble(clock.now());
    if ((trouble !== undefined) === this.#isTold) return;
    this.#isTold = trouble !== undefined;
    if (trouble === undefined) log.info(`Stream ${stream} is read again`, { stream, group });
    else log.error(`Cannot read stream ${stream}, waiting for it: ${trouble.reason}`, { stream, group });
  }
}
