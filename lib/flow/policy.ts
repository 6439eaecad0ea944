import { describeThrown, isA, StatusError } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";
import type { Log } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { Operator, Reaction } from "../graph/operator.ts";
import type { StepOptions } from "../graph/step.ts";
import { Attempt } from "./attempt.ts";
import { Breaker } from "./breaker.ts";
import { Cut } from "./cut.ts";
import { delegated } from "./delegated.ts";
import { sleep } from "./system_clock.ts";

/** What a step's policy is made of. */
export interface PolicyOptions {
  /** The step, for messages. */
  readonly step: string;
  readonly options: StepOptions;
  readonly clock: Clock;
  /** Is told of each retry. Default: nobody is. */
  readonly log?: Log;
  /** Gives numbers from 0 up to 1, for the jitter. Default: `Math.random`. */
  readonly random?: () => number;
}

/** A piece of work that may be tried again and cut off. */
export interface Job<Result> {
  /** Aborts when nobody wants the result any more. */
  readonly signal: AbortSignal | undefined;
  /** Tries it once. It answers at once where it can. */
  run(cut: Cut): Result | Promise<Result>;
  /** What a try fails with that is cut off after so many milliseconds. */
  overdue?(limitMs: number): Error;
}

const BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 120_000;

/** The step as its options say: tried again, cut off, refused for a while. A step without such options stays as it is. */
export function withPolicy(operator: Operator, policy: Policy): Operator {
  if (!policy.isNeeded) return operator;
  const { plain: _plain, settle: _settle, ...rest } = delegated(operator);
  return { ...rest, process: (event) => policy.run(new StepJob(operator, event, policy.retries > 0)) };
}

/** One event's work at a step. */
class StepJob implements Job<Reaction> {
  readonly #operator: Operator;
  readonly #event: FlowEvent;
  readonly #isCopied: boolean;

  constructor(operator: Operator, event: FlowEvent, isCopied: boolean) {
    this.#operator = operator;
    this.#event = event;
    this.#isCopied = isCopied;
  }

  get signal(): AbortSignal | undefined {
    return this.#event.track?.signal;
  }

  run(cut: Cut): Reaction | Promise<Reaction> {
    const attempt = new Attempt(this.#event, { cut, isCopied: this.#isCopied });
    const { event } = attempt;
    const reaction = this.#operator.process(event);
    if (!(reaction instanceof Promise)) return attempt.take(reaction);
    return reaction.then((later) => attempt.take(this.#operator.settle?.(later, event) ?? later));
  }
}

/** Tries work again, cuts it off, and refuses it for a while, as a step's options say. */
export class Policy {
  readonly #policy: PolicyOptions;
  readonly #breaker: Breaker | undefined;
  /** How often failed work is tried again. */
  readonly retries: number;

  constructor(policy: PolicyOptions) {
    const { breaker, retries = 0 } = policy.options;
    this.#policy = policy;
    this.retries = retries;
    this.#breaker = breaker === undefined ? undefined : new Breaker(policy.step, breaker, policy.clock);
  }

  /** Whether there is anything to do: else work is run once, however long it takes. */
  get isNeeded(): boolean {
    return this.retries > 0 || this.#policy.options.timeoutMs !== undefined || this.#breaker !== undefined;
  }

  /** Does work; at once where it can be done at once. */
  run<Result>(job: Job<Result>): Result | Promise<Result> {
    this.#breaker?.enter();
    let first: Result | Promise<Result>;
    try {
      first = this.#try(job);
    } catch (error) {
      if (this.#isLast(error, 0)) throw error;
      return this.#again(job, error);
    }
    if (!(first instanceof Promise) || this.retries === 0) return first;
    return first.catch((error) => {
      if (this.#isLast(error, 0)) throw error;
      return this.#again(job, error);
    });
  }

  async #again<Result>(job: Job<Result>, failure: unknown): Promise<Result> {
    let error = failure;
    for (let tried = 1;; tried++) {
      const pauseMs = this.#pauseMs(error, tried);
      this.#tell(error, tried, pauseMs);
      try {
        await sleep(this.#policy.clock, pauseMs, job.signal);
        this.#breaker?.enter();
      } catch {
        throw error; // the caller has left, or others have failed as well: what went wrong here tells more
      }
      try {
        return await this.#try(job);
      } catch (again) {
        error = again;
        if (this.#isLast(error, tried)) throw error;
      }
    }
  }

  #tell(error: unknown, tried: number, pauseMs: number): void {
    const { step, log } = this.#policy;
    const when = `in ${Math.round(pauseMs)} ms, ${tried} of ${this.retries}`;
    log?.warn(`Step "${step}" failed and is tried again ${when}: ${describeThrown(error).message}`, { step });
  }

  #pauseMs(error: unknown, tried: number): number {
    const { options: { backoffMs = BACKOFF_MS }, random = Math.random } = this.#policy;
    const longest = Math.min(backoffMs * 2 ** (tried - 1), LONGEST_BACKOFF_MS);
    return Math.max(longest * (0.5 + random() / 2), waitOf(error));
  }

  /** What cannot pass by itself stays, however often it is tried; and nobody waits for ever. */
  #isLast(error: unknown, tried: number): boolean {
    return tried >= this.retries || !isTransient(error) || waitOf(error) > LONGEST_BACKOFF_MS;
  }

  #try<Result>(job: Job<Result>): Result | Promise<Result> {
    const cut = new Cut(() => job.signal);
    try {
      const result = job.run(cut);
      if (result instanceof Promise) return this.#settle(job, cut, result);
      this.#breaker?.succeed();
      return result;
    } catch (error) {
      this.#note(error, job);
      throw error;
    }
  }

  async #settle<Result>(job: Job<Result>, cut: Cut, result: Promise<Result>): Promise<Result> {
    try {
      const settled = await this.#inTime(job, cut, result);
      this.#breaker?.succeed();
      return settled;
    } catch (error) {
      this.#note(error, job);
      throw error;
    }
  }

  #inTime<Result>(job: Job<Result>, cut: Cut, result: Promise<Result>): Promise<Result> {
    const { step, options: { timeoutMs }, clock } = this.#policy;
    if (timeoutMs === undefined) return result;
    return new Promise((resolve, reject) => {
      const cancel = clock.schedule(timeoutMs, () => {
        const error = job.overdue?.(timeoutMs) ??
          new StatusError(504, `Step "${step}" has no answer after ${timeoutMs} ms (timeoutMs)`);
        cut.abort(error);
        reject(error);
      });
      result.then(resolve, reject).finally(cancel);
    });
  }

  /** What fails because its caller has left says nothing of whether the work can be done. */
  #note(error: unknown, job: Job<unknown>): void {
    if (this.#breaker === undefined) return;
    if (job.signal?.aborted === true) this.#breaker.leave();
    else if (isTransient(error)) this.#breaker.fail();
    else this.#breaker.succeed();
  }
}

function isTransient(error: unknown): boolean {
  return !isA(error, StatusError) || error.isTransient;
}

function waitOf(error: unknown): number {
  return isA(error, StatusError) ? error.retryAfterMs ?? 0 : 0;
}
