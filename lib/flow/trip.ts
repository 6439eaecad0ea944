import type { StepError } from "../errors.ts";

/** How an event's way through the graph ended for whoever sent it. */
export type Outcome =
  /** The responder's result. */
  | { readonly kind: "reply"; readonly body: unknown }
  /** No step answers: the event was taken in. */
  | { readonly kind: "accepted" }
  /** The event ended before it reached the responder: a filter dropped it, a list was empty. */
  | { readonly kind: "ended"; readonly step: string }
  | { readonly kind: "failed"; readonly error: StepError };

/**
 * One event and everything that became of it: counts the branches that are still under way, and holds the answer. A trip inside
 * another, for one branch, answers for it and tells when the branch is done.
 */
export class Trip {
  #live = 0;
  #outcome: Outcome | undefined;
  #done: (() => void) | undefined;
  readonly #onOutcome: ((outcome: Outcome) => void) | undefined;
  readonly #parent: Trip | undefined;
  /** Whether what comes out of this branch may answer the caller. */
  readonly answers: boolean;

  constructor(options: { parent?: Trip; answers?: boolean; onOutcome?: (outcome: Outcome) => void } = {}) {
    this.#parent = options.parent;
    this.#onOutcome = options.onOutcome;
    this.answers = options.answers ?? true;
  }

  /** More branches are under way. */
  enter(branches = 1): void {
    this.#live += branches;
  }

  /** A branch came to its end at a step. */
  leave(step: string): void {
    this.#live -= 1;
    if (this.#live > 0) return;
    if (this.#parent === undefined) this.settle({ kind: "ended", step });
    else this.#parent.leave(step);
    this.#done?.();
  }

  /** Answers whoever sent the event; the first answer counts. Tells whether this one did. */
  settle(outcome: Outcome): boolean {
    if (this.#parent !== undefined) return this.answers && this.#parent.settle(outcome);
    if (this.#outcome !== undefined) return false;
    this.#outcome = outcome;
    this.#onOutcome?.(outcome);
    return true;
  }

  /** The answer, where there is one already. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** Whether every branch has ended. */
  get isDone(): boolean {
    return this.#live === 0;
  }

  /** Called once when every branch has ended. */
  onDone(done: () => void): void {
    this.#done = done;
  }
}
