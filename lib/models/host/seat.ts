import { describeThrown, StatusError } from "../../errors.ts";
import type { Clock } from "../../graph/clock.ts";
import type { Context } from "../../graph/context.ts";
import { Backoff } from "./backoff.ts";
import { Host, type HostOptions, type HostQuestion } from "./host.ts";
import type { ModelHome, ModelTold } from "./message.ts";

/** Where one model's questions go. */
export interface Seat {
  /** Loads the model. */
  open(): Promise<ModelTold>;
  ask(question: HostQuestion): Promise<unknown>;
  close(): Promise<void>;
  /** Why it cannot be asked now; undefined where it can. */
  readonly trouble: string | undefined;
}

/** What every seat needs. */
export interface SeatOptions extends Omit<HostOptions, "onEnd"> {
  readonly home: ModelHome;
  /** The model's own context. */
  readonly context: Context;
}

/** A model closes in less, or is ended. */
export const CLOSE_GRACE_MS = 5_000;

/** A place that one model has for itself; when it ends, it is begun anew, after a pause that grows. */
export class OwnSeat implements Seat {
  readonly #options: SeatOptions;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  #host: Host | undefined;
  #trouble: string | undefined;
  #cancelRestart: (() => void) | undefined;
  /** Places of which something is left. */
  readonly #left = new Set<Host>();
  #isClosed = false;

  constructor(options: SeatOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#backoff = new Backoff(options.clock);
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Starts the place and loads the model there. A failure ends the place. */
  async open(): Promise<ModelTold> {
    const { home, context } = this.#options;
    const host: Host = new Host({ ...this.#options, onEnd: (why) => this.#fell(host, why) });
    this.#left.add(host);
    host.gone.then(() => this.#left.delete(host));
    try {
      const told = await host.load(home, context);
      this.#host = host;
      this.#trouble = undefined;
      return told;
    } catch (error) {
      host.kill("its model could not be loaded");
      throw error;
    }
  }

  async ask(question: HostQuestion): Promise<unknown> {
    const host = this.#host;
    if (host === undefined) {
      const state = this.#trouble === undefined ? "it is not there" : `${this.#trouble}; it starts anew`;
      const { home, what } = this.#options;
      throw new StatusError(503, `Cannot ask model "${home.key}" now: its ${what} ended, since ${state}`, {
        retryAfterMs: Math.max(1, this.#backoff.restMs),
      });
    }
    const answer = await host.ask(question);
    this.#backoff.worked();
    return answer;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRestart?.();
    const host = this.#host;
    this.#host = undefined;
    await host?.close(CLOSE_GRACE_MS);
    await Promise.all([...this.#left].map(({ gone }) => gone));
  }

  /** The place has ended by itself, or by a limit. */
  #fell(host: Host, why: string): void {
    if (host !== this.#host || this.#isClosed) return;
    const { context, home, what } = this.#options;
    this.#host = undefined;
    this.#trouble = why;
    const waitMs = this.#backoff.failed();
    context.log.error(`The ${what} of model "${home.key}" ended: ${why}. It starts anew in ${waitMs} ms`);
    this.#restartIn(waitMs);
  }

  #restartIn(waitMs: number): void {
    this.#cancelRestart = this.#clock.schedule(waitMs, () => {
      this.open().then(() => this.#isClosed ? this.close() : undefined, (error) => {
        if (this.#isClosed) return;
        const { context, home, what } = this.#options;
        this.#trouble = describeThrown(error).message;
        const nextMs = this.#backoff.failed();
        context.log.error(
          `The ${what} of model "${home.key}" could not start: ${this.#trouble}. It is tried again in ${nextMs} ms`,
        );
        this.#restartIn(nextMs);
      });
    });
  }
}
