import { StatusError } from "../../errors.ts";
import { Backoff } from "./backoff.ts";
import { Host, type HostQuestion } from "./host.ts";
import type { ModelTold } from "./message.ts";
import { CLOSE_GRACE_MS, type Seat, type SeatOptions } from "./seat.ts";

/** A piece of work for whichever place is free: one at a time in each, so that what ends it ends nothing else. */
interface Job {
  readonly options: SeatOptions;
  run(host: Host): Promise<unknown>;
  readonly reject: (error: unknown) => void;
}

/** Places that several models share; each begins when there is work for it, and ends with the pool. */
export class Pool {
  readonly #size: number;
  readonly #free: Host[] = [];
  readonly #all = new Set<Host>();
  /** Places of which something is left. */
  readonly #left = new Set<Host>();
  readonly #waiting: Job[] = [];
  #seats = 0;

  /** With at most so many places, 1 or more. */
  constructor(size: number) {
    this.#size = size;
  }

  /** A model's seat in the pool. */
  seat(options: SeatOptions): Seat {
    this.#seats += 1;
    return new PoolSeat(this, options);
  }

  /** Does a piece of work in a place that is free, or will be. A signal that aborts takes it out of the queue. */
  do<Result>(options: SeatOptions, signal: AbortSignal, work: (host: Host) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const job: Job = {
        options,
        reject,
        run: (host) => {
          signal.removeEventListener("abort", onAbort);
          const working = work(host);
          working.then(resolve, reject);
          return working;
        },
      };
      const onAbort = () => {
        const at = this.#waiting.indexOf(job);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(job);
      this.#next();
    });
  }

  /** A model has left; with the last the places end. */
  async leave(): Promise<void> {
    this.#seats -= 1;
    if (this.#seats > 0) return;
    await Promise.all([...this.#all].map((host) => host.close(CLOSE_GRACE_MS)));
    await Promise.all([...this.#left].map(({ gone }) => gone));
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      if (this.#free.length === 0 && this.#all.size >= this.#size) return;
      const job = this.#waiting.shift()!;
      let host: Host;
      try {
        host = this.#free.pop() ?? this.#begin(job.options);
      } catch (error) { // a worker cannot even be started: no permission, no memory
        job.reject(error);
        continue;
      }
      job.run(host).catch(() => {}).finally(() => this.#done(host));
    }
  }

  #begin(options: SeatOptions): Host {
    const host: Host = new Host({
      ...options,
      onEnd: () => {
        this.#all.delete(host);
        const at = this.#free.indexOf(host);
        if (at >= 0) this.#free.splice(at, 1);
        this.#next();
      },
    });
    this.#all.add(host);
    this.#left.add(host);
    host.gone.then(() => this.#left.delete(host));
    return host;
  }

  /** A caller who left does not free the place: what they asked for still runs there. */
  #done(host: Host): void {
    if (host.ended !== undefined) return;
    if (host.inFlight > 0) return void host.idle().then(() => this.#done(host));
    this.#free.push(host);
    this.#next();
  }
}

/** One model's seat in a pool. Where it ends places again and again, it waits, not the others. */
class PoolSeat implements Seat {
  readonly #pool: Pool;
  readonly #options: SeatOptions;
  readonly #backoff: Backoff;
  #trouble: string | undefined;

  constructor(pool: Pool, options: SeatOptions) {
    this.#pool = pool;
    this.#options = options;
    this.#backoff = new Backoff(options.clock);
  }

  get trouble(): string | undefined {
    return this.#backoff.restMs > 0 ? this.#trouble : undefined;
  }

  open(): Promise<ModelTold> {
    const { home, context } = this.#options;
    return this.#pool.do(this.#options, context.signal, (host) => host.load(home, context));
  }

  async ask(question: HostQuestion): Promise<unknown> {
    const { home, context } = this.#options;
    const { restMs } = this.#backoff;
    if (restMs > 0) {
      throw new StatusError(503, `Cannot ask model "${home.key}" now: its worker ended, since ${this.#trouble}`, {
        retryAfterMs: restMs,
      });
    }
    const answer = await this.#pool.do(this.#options, question.context.signal, async (host) => {
      try {
        await host.load(home, context);
        return await host.ask(question);
      } finally {
        if (host.ended !== undefined) this.#fell(host.ended);
      }
    });
    this.#backoff.worked();
    return answer;
  }

  async close(): Promise<void> {
    await this.#pool.leave();
  }

  #fell(why: string): void {
    this.#trouble = why;
    const waitMs = this.#backoff.failed();
    const { context, home } = this.#options;
    context.log.error(
      `A worker of the pool ended with a request of model "${home.key}": ${why}. It is not asked for ${waitMs} ms`,
    );
  }
}
