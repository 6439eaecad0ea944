import { isA, StatusError } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { Operator, Reaction } from "../graph/operator.ts";
import type { StepOptions } from "../graph/step.ts";
import { Attempt } from "./attempt.ts";
import { Breaker } from "./breaker.ts";
import { sleep } from "./system_clock.ts";

/** What a step's policy is made of. */
export interface PolicyOptions {
  /** The step, for messages. */
  readonly step: string;
  readonly options: StepOptions;
  readonly clock: Clock;
  /** Gives numbers from 0 up to 1, for the jitter. Default: `Math.random`. */
  readonly random?: () => number;
}

const BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 120_000;

/** The step as its options say: tried again, cut off, refused for a while. A step without such options stays as it is. */
export function withPolicy(operator: Operator, policy: PolicyOptions): Operator {
  const { retries = 0, timeoutMs, breaker } = policy.options;
  if (retries === 0 && timeoutMs === undefined && breaker === undefined) return operator;
  const run = new Policy(operator, policy);
  return {
    process: (event) => run.process(event),
    ...(operator.flush === undefined ? {} : { flush: () => operator.flush!() }),
    ...(operator.result === undefined ? {} : { result: () => operator.result!() }),
    ...(operator.close === undefined ? {} : { close: () => operator.close!() }),
    ...(operator.signatures === undefined ? {} : { signatures: () => operator.signatures!() }),
  };
}

class Policy {
  readonly #operator: Operator;
  readonly #policy: PolicyOptions;
  readonly #retries: number;
  readonly #breaker: Breaker | undefined;

  constructor(operator: Operator, policy: PolicyOptions) {
    const { breaker, retries = 0 } = policy.options;
    this.#operator = operator;
    this.#policy = policy;
    this.#retries = retries;
    this.#breaker = breaker === undefined ? undefined : new Breaker(policy.step, breaker, policy.clock);
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    let first: Reaction | Promise<Reaction>;
    try {
      first = this.#run(event);
    } catch (error) {
      if (this.#isLast(error, 0)) throw error;
      return this.#again(event, error);
    }
    if (!(first instanceof Promise) || this.#retries === 0) return first;
    return first.catch((error) => {
      if (this.#isLast(error, 0)) throw error;
      return this.#again(event, error);
    });
  }

  async #again(event: FlowEvent, failure: unknown): Promise<Reaction> {
    const { options: { backoffMs = BACKOFF_MS }, clock, random = Math.random } = this.#policy;
    let error = failure;
    for (let tried = 1;; tried++) {
      const longest = Math.min(backoffMs * 2 ** (tried - 1), LONGEST_BACKOFF_MS);
      try {
        await sleep(clock, longest * (0.5 + random() / 2), event.track?.signal);
      } catch {
        throw error; // the caller has left: what went wrong is all there is to tell
      }
      try {
        return await this.#run(event);
      } catch (again) {
        error = again;
        if (this.#isLast(error, tried)) throw error;
      }
    }
  }

  /** The caller's fault stays one, however often it is tried. */
  #isLast(error: unknown, tried: number): boolean {
    return tried >= this.#retries || (isA(error, StatusError) && error.status < 500);
  }

  #run(event: FlowEvent): Reaction | Promise<Reaction> {
    this.#breaker?.enter();
    const attempt = new Attempt(event, { isCopied: this.#retries > 0 });
    try {
      const reaction = this.#operator.process(attempt.event);
      if (reaction instanceof Promise) return this.#settle(attempt, reaction);
      this.#breaker?.succeed();
      return attempt.take(reaction);
    } catch (error) {
      this.#note(error);
      throw error;
    }
  }

  async #settle(attempt: Attempt, reaction: Promise<Reaction>): Promise<Reaction> {
    try {
      const settled = await this.#inTime(attempt, reaction);
      this.#breaker?.succeed();
      return attempt.take(settled);
    } catch (error) {
      this.#note(error);
      throw error;
    }
  }

  #inTime(attempt: Attempt, reaction: Promise<Reaction>): Promise<Reaction> {
    const { step, options: { timeoutMs }, clock } = this.#policy;
    if (timeoutMs === undefined) return reaction;
    return new Promise((resolve, reject) => {
      const cancel = clock.schedule(timeoutMs, () => {
        const error = new StatusError(504, `Step "${step}" has no answer after ${timeoutMs} ms (timeoutMs)`);
        attempt.abort(error);
        reject(error);
      });
      reaction.then(resolve, reject).finally(cancel);
    });
  }

  #note(error: unknown): void {
    if (isA(error, StatusError) && error.status < 500) this.#breaker?.succeed();
    else this.#breaker?.fail();
  }
}
