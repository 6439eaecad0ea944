import type { WorkerEnd } from "./worker_process.ts";

const LONGEST_PAUSE_MS = 30_000;
const LIVED_WELL_MS = 60_000; // who lived so long died of something new
const FAILED_STARTS = 3; // in a row at one place: it will not work

/** What has become of those who were in a worker's place, in a row. */
export interface Troubles {
  readonly deaths: number;
  readonly failedStarts: number;
}

/** Of who has just been put there. */
export const NO_TROUBLES: Troubles = { deaths: 0, failedStarts: 0 };

/** What is done about a place whose worker died. */
export interface AfterDeath {
  readonly troubles: Troubles;
  /** Before another is started: twice as long each time. */
  readonly pauseMs: number;
  /** Whether those who were started there failed so often that others will, too. */
  readonly isHopeless: boolean;
}

/** What follows from a death. */
export function afterDeath(end: WorkerEnd, troubles: Troubles, firstPauseMs: number): AfterDeath {
  const earlier = end.livedMs > LIVED_WELL_MS ? 0 : troubles.deaths;
  const failedStarts = end.hasListened ? 0 : troubles.failedStarts + 1;
  return {
    troubles: { deaths: earlier + 1, failedStarts },
    pauseMs: Math.min(LONGEST_PAUSE_MS, firstPauseMs * 2 ** earlier),
    isHopeless: failedStarts >= FAILED_STARTS,
  };
}

/** Pauses that can be cut short. */
export class Pauses {
  readonly #open = new Set<() => void>();

  /** Waits so long, or until all are ended. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.#open.delete(go);
        resolve();
      };
      const timer = setTimeout(go, ms);
      this.#open.add(go);
    });
  }

  /** Ends all. */
  end(): void {
    for (const go of this.#open) go();
  }
}
