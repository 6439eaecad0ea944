import { describeThrown, StatusError } from "../../errors.ts";
import type { Context } from "../../graph/context.ts";
import { Backoff } from "./backoff.ts";
import { Host, type HostOptions, type HostQuestion } from "./host.ts";
import { Losses } from "./losses.ts";
import type { ModelHome, ModelTold } from "./message.ts";

/** Where one model's questions go. */
export interface Seat {
  /** Loads the model. */
  open(): Promise<ModelTold>;
  ask(question: HostQuestion): Promise<unknown>;
  close(): Promise<void>;
  /** Why it cannot be asked now; undefined where it can. */
  readonly trouble: string | undefined;
  /** Whether that stays so while this program runs. */
  readonly isLost: boolean;
}

/** What every seat needs. */
export interface SeatOptions extends Omit<HostOptions, "onEnd" | "onLost" | "onAnswer"> {
  readonly home: ModelHome;
  /** The model's own context. */
  readonly context: Context;
}

/** A model closes in less, or is ended. */
export const CLOSE_GRACE_MS = 5_000;

/** When to come again where nobody knows how long it takes. */
export const SOON_MS = 1_000;

/**
 * A place that one model has for itself. When it has ended, and nothing is left of it, or it is lost and replaced, another is begun, after a
 * pause that grows.
 */
export class OwnSeat implements Seat {
  readonly #options: SeatOptions;
  readonly #backoff: Backoff;
  /** The one that is asked. */
  #host: Host | undefined;
  /** The last one that was begun. */
  #last: Host | undefined;
  /** When another may be begun. */
  #over: Promise<void> | undefined;
  readonly #losses: Losses;
  #trouble: string | undefined;
  #pause: (() => void) | undefined;
  #isClosed = false;

  /** `losses`: those of the model's other seats too, where it is loaded anew. */
  constructor(options: SeatOptions, losses = new Losses()) {
    this.#options = options;
    this.#losses = losses;
    this.#backoff = new Backoff(options.clock);
  }

  get trouble(): string | undefined {
    return this.isLost ? `${this.#trouble ?? "it is not there"}; ${this.#spent()}` : this.#trouble;
  }

  get isLost(): boolean {
    return this.#host === undefined && this.#losses.isSpent;
  }

  /** Starts the place and loads the model there. A failure ends the place. */
  async open(): Promise<ModelTold> {
    const { home, context } = this.#options;
    if (this.#losses.isSpent) throw new StatusError(503, `Cannot load model "${home.key}": ${this.#spent()}`);
    const host: Host = new Host({
      ...this.#options,
      onEnd: (why) => host === this.#host ? void this.#restart(why) : undefined,
      onLost: () => tellLost(this.#options, this.#losses.add(host)),
      onAnswer: () => this.#backoff.worked(),
    });
    this.#last = host;
    this.#over = this.#losses.over(host);
    try {
      const told = await host.load(home, context);
      if (host.ended !== undefined) throw new Error(host.ended);
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
    if (host !== undefined) return await host.ask(this.#options.home, question);
    const { home, what } = this.#options;
    const state = this.#trouble === undefined || this.isLost
      ? this.trouble ?? "it is not there"
      : `${this.#trouble}; it starts anew when nothing is left of it`;
    throw new StatusError(503, `Cannot ask model "${home.key}" now: its ${what} ended, since ${state}`, {
      retryAfterMs: this.#backoff.restMs || SOON_MS,
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pause?.();
    this.#host = undefined;
    await this.#last?.close(CLOSE_GRACE_MS);
  }

  /** The place has ended by itself, or by a limit. */
  async #restart(ended: string): Promise<void> {
    const { context, home, what } = this.#options;
    this.#host = undefined;
    for (let why = ended, words = "ended"; !this.#isClosed; words = "could not start") {
      this.#trouble = why;
      const waitMs = this.#backoff.failed();
      context.log.error(
        `The ${what} of model "${home.key}" ${words}: ${why}. It starts anew in ${waitMs} ms, if nothing is left of it then`,
      );
      await Promise.all([this.#over, this.#waited(waitMs)]);
      if (this.#isClosed) return;
      try {
        await this.open();
        return this.#isClosed ? await this.close() : undefined;
      } catch (error) {
        why = describeThrown(error).message;
      }
    }
  }

  #spent(): string {
    return `of ${this.#losses.count} that ended something is left for good, and no more begins in this program`;
  }

  #waited(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.schedule(waitMs, resolve);
    this.#pause = () => {
      cancel();
      resolve();
    };
    return promise;
  }
}

/** Tells of a place that is lost. */
export function tellLost({ context, home, what }: SeatOptions, isReplaced: boolean): void {
  context.log.error(
    `The ${what} of model "${home.key}" cannot be ended: its model is in a loop, and takes a core until this program ends. ` +
      (isReplaced
        ? "Another may begin in its stead. "
        : "Too many are so: none begins in its stead, start the program anew. ") +
      `A model that may do that runs by mechanism "process"`,
  );
}
