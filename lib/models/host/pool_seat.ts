import { StatusError } from "../../errors.ts";
import { Backoff } from "./backoff.ts";
import type { Host, HostQuestion } from "./host.ts";
import type { ModelTold } from "./message.ts";
import type { Pool } from "./pool.ts";
import { type Seat, type SeatOptions, SOON_MS } from "./seat.ts";

/** What has waited so long gets a place of its own, if there may be one more. */
const LATE_MS = 500;

/** A piece of work for whichever place is free. */
export interface Job {
  readonly isLate: boolean;
  run(host: Host): Promise<unknown>;
  reject(error: unknown): void;
}

/** One model's seat in a pool. Where it ends places again and again, it waits, not the others. */
export class PoolSeat implements Seat {
  readonly options: SeatOptions;
  readonly #pool: Pool;
  readonly #backoff: Backoff;
  readonly #waiting: Job[] = [];
  /** Why it ended a place, where it has answered nothing since. */
  #fell: string | undefined;

  constructor(pool: Pool, options: SeatOptions) {
    this.#pool = pool;
    this.options = options;
    this.#backoff = new Backoff(options.clock);
  }

  get trouble(): string | undefined {
    if (this.#backoff.restMs > 0) return this.#fell;
    if (!this.#pool.isBarred(this)) return undefined;
    const { what } = this.options;
    const why = this.#fell ?? `what is left of each ${what} that ended takes its place in the pool`;
    return this.isLost ? `${why}; that stays so in this program, since the pool has lost too many` : why;
  }

  get isLost(): boolean {
    return this.#pool.isLost(this);
  }

  /** Whether it ended a place, and has answered nothing since. */
  get isSuspect(): boolean {
    return this.#fell !== undefined;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether the next piece of its work has waited for long. */
  get isLate(): boolean {
    return this.#waiting[0]?.isLate === true;
  }

  /** Takes the next piece of its work out of the queue. */
  nextJob(): Job {
    return this.#waiting.shift()!;
  }

  open(): Promise<ModelTold> {
    const { home, context } = this.options;
    return this.#do(context.signal, (host) => host.load(home, context));
  }

  async ask(question: HostQuestion): Promise<unknown> {
    const { home, context } = this.options;
    if (this.trouble !== undefined) throw this.#refusal();
    return await this.#do(question.context.signal, async (host) => {
      await host.load(home, context);
      return await host.ask(home, question);
    });
  }

  async close(): Promise<void> {
    this.refuseWaiting(new StatusError(503, `Cannot ask model "${this.options.home.key}": it is closed`));
    await this.#pool.leave(this, this.options.home);
  }

  /** It answered. */
  answered(): void {
    this.#fell = undefined;
    this.#backoff.worked();
  }

  /** A place has ended with its request: what waits for one more would end that. */
  fell(why: string): void {
    this.#fell = why;
    const waitMs = this.#backoff.failed();
    const { context, home, what } = this.options;
    context.log.error(
      `A ${what} of the pool ended with a request of model "${home.key}": ${why}. It is not asked for ${waitMs} ms`,
    );
    this.refuseWaiting();
  }

  /** There is no place for what waits. */
  refuseWaiting(error = this.#refusal()): void {
    for (const job of this.#waiting.splice(0)) job.reject(error);
  }

  #refusal(): StatusError {
    const { home, what } = this.options;
    const left = !this.#pool.isBarred(this) || this.isLost
      ? ""
      : this.#pool.hasLeft(this)
      ? "; it is asked again when nothing is left of it"
      : `; it is asked again when something is left of fewer that ended`;
    const why = this.#fell === undefined ? this.trouble : `its ${what} ended, since ${this.trouble}`;
    return new StatusError(503, `Cannot ask model "${home.key}" now: ${why}${left}`, {
      retryAfterMs: this.#backoff.restMs || SOON_MS,
    });
  }

  /** Does a piece of work in a place that is free, or will be. A signal that aborts takes it out of the queue. */
  #do<Result>(signal: AbortSignal, work: (host: Host) => Promise<Result>): Promise<Result> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    let cancelLate = () => {};
    const leaveQueue = () => {
      cancelLate();
      signal.removeEventListener("abort", onAbort);
    };
    const job = {
      isLate: false,
      reject(error: unknown) {
        leaveQueue();
        reject(error);
      },
      run(host: Host) {
        leaveQueue();
        const working = work(host);
        working.then(resolve, reject);
        return working;
      },
    };
    const onAbort = () => {
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      job.reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(job);
    this.#pool.next();
    if (this.#waiting.includes(job)) {
      cancelLate = this.options.clock.schedule(LATE_MS, () => {
        job.isLate = true;
        this.#pool.next();
      });
    }
    return promise;
  }
}
