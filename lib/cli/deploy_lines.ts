import { type DeployProgress, describeProgress } from "../deploy/deploy_progress.ts";
import { DeployTrack, spentText } from "../deploy/deploy_track.ts";
import { STEADY_CLOCK } from "../deploy/steady_clock.ts";
import type { Clock } from "../graph/clock.ts";

/** Where lines go, and how long all may take. */
export interface DeployLinesWish {
  readonly write: (line: string) => void;
  /** Default: nobody knows yet. */
  readonly deadlineMs?: number | undefined;
  /** What is done until something is told. */
  readonly stage: string;
  /** What it has taken so far, in milliseconds. */
  readonly spentMs: number;
  readonly clock?: Clock;
}

const SILENCE_MS = 15_000;

/** Tells how far a deploy is, a line each; where nothing changes for a while, that it is still at it. */
export class DeployLines implements Disposable {
  readonly #wish: DeployLinesWish;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #track: DeployTrack;
  #cancel: () => void;

  constructor(wish: DeployLinesWish) {
    this.#wish = wish;
    this.#track = new DeployTrack(wish.stage);
    this.#clock = wish.clock ?? STEADY_CLOCK;
    this.#startMs = this.#clock.now() - wish.spentMs;
    this.#cancel = this.#later();
  }

  /** Says no more. */
  [Symbol.dispose](): void {
    this.#cancel();
  }

  /** Writes what is new; what a function does not get here stands in the plan. */
  tell(progress: DeployProgress): void {
    this.#track.tell(progress);
    if (progress.state === "noted") return;
    this.#wish.write(describeProgress(progress));
    this.#cancel();
    this.#cancel = this.#later();
  }

  #later(): () => void {
    return this.#clock.schedule(SILENCE_MS, () => {
      const spent = spentText(this.#clock.now() - this.#startMs, this.#wish.deadlineMs);
      const waiting = this.#track.waiting || "What ran before ends";
      this.#wish.write(`Still at it after ${spent}: ${waiting}`);
      this.#cancel = this.#later();
    });
  }
}
