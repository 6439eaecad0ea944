import { StatusError } from "../../errors.ts";
import type { Clock } from "../../graph/clock.ts";
import type { Context } from "../../graph/context.ts";
import type { FlowEvent } from "../../graph/event.ts";
import { notData } from "./data_only.ts";
import {
  type EventData,
  type ModelHome,
  type ModelTold,
  movable,
  type Report,
  thrownAgain,
  unpacked,
} from "./message.ts";
import type { OpenPlace, Place } from "./place.ts";

/** A question to a model in a place. */
export interface HostQuestion {
  readonly key: string;
  readonly operation: string;
  readonly event: FlowEvent;
  /** Of this request: with its signal. */
  readonly context: Context;
  /** After so many milliseconds the request is given up, and the place ended. */
  readonly timeLimitMs: number;
}

/** How a host keeps house. */
export interface HostOptions {
  readonly open: OpenPlace;
  readonly clock: Clock;
  readonly memoryLimitMb: number;
  /** What the place is called in errors: `worker`, `process`. */
  readonly what: string;
  /** Told once, when the place has ended. */
  readonly onEnd?: (why: string) => void;
}

const LOAD_LIMIT_MS = 600_000; // a model that takes longer hangs: files of many gigabytes take minutes

interface Asked {
  readonly key: string;
  readonly context: Context;
  readonly event: FlowEvent;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly cancelLimit: () => void;
}

interface Opening {
  readonly context: Context;
  readonly told: PromiseWithResolvers<ModelTold>;
}

/** One place and everything that it was asked: when it ends, each question has an answer. */
export class Host {
  readonly #options: HostOptions;
  readonly #place: Place;
  readonly #asks = new Map<number, Asked>();
  readonly #models = new Map<string, Opening>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #idle: (() => void)[] = [];
  #last = 0;
  #ended: string | undefined;
  /** Why the place is being ended, where the host does it. */
  #why: string | undefined;

  constructor(options: HostOptions) {
    const { open, memoryLimitMb } = options;
    this.#options = options;
    this.#place = open({ report: (report) => this.#take(report), ended: (why) => this.#end(why) }, { memoryLimitMb });
  }

  /** Why the place has ended; undefined while it is there. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Resolves when nothing is left of the place. */
  get gone(): Promise<void> {
    return this.#place.gone;
  }

  /** How many questions it works on, those of callers who left included. */
  get inFlight(): number {
    return this.#asks.size;
  }

  /** Loads a model there, once. */
  load(home: ModelHome, context: Context): Promise<ModelTold> {
    const known = this.#models.get(home.key);
    if (known !== undefined) return known.told.promise;
    const opening: Opening = { context, told: Promise.withResolvers() };
    opening.told.promise.catch(() => {});
    this.#models.set(home.key, opening);
    if (this.#ended === undefined) {
      this.#place.post({ kind: "open", home });
      const cancel = this.#options.clock.schedule(LOAD_LIMIT_MS, () => {
        this.kill(`its model "${home.key}" was not loaded after ${LOAD_LIMIT_MS} ms`);
      });
      opening.told.promise.then(cancel, cancel);
    } else opening.told.reject(this.#gone(home.key));
    return opening.told.promise;
  }

  /** Asks a model that is loaded there. */
  ask({ key, operation, event, context, timeLimitMs }: HostQuestion): Promise<unknown> {
    const { signal } = context;
    if (this.#ended !== undefined) return Promise.reject(this.#gone(key));
    if (signal.aborted) return Promise.reject(signal.reason);
    const { body, moved } = movable(event.body, "inputs");
    const wrong = notData(body, "body");
    if (wrong !== undefined) {
      return Promise.reject(
        new TypeError(
          `Cannot send the request to model "${key}" in its ${this.#options.what}: ${wrong}, which is no data`,
        ),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const ask = ++this.#last;
    const onAbort = () => {
      this.#place.post({ kind: "abort", ask });
      reject(signal.reason);
    };
    const cancel = this.#options.clock.schedule(timeLimitMs, () => this.#overdue(ask, timeLimitMs));
    const cancelLimit = () => {
      cancel();
      signal.removeEventListener("abort", onAbort);
    };
    this.#place.post({ kind: "ask", ask, key, operation, event: dataOf(event, body) }, moved);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#asks.set(ask, { key, context, event, resolve, reject, cancelLimit });
    return promise;
  }

  /** Resolves when it works on nothing, or has ended. */
  idle(): Promise<void> {
    return this.#asks.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Ends the place at once: every question fails. */
  kill(why: string): void {
    if (this.#ended !== undefined) return;
    this.#why = why;
    this.#place.kill();
    this.#end(why);
  }

  /** Closes its models, then the place; one that does not is ended after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    if (this.#ended !== undefined) return await this.#place.gone;
    this.#why = "it is closed";
    const cancel = this.#options.clock.schedule(graceMs, () => this.#closed.resolve());
    this.#place.post({ kind: "close" });
    await this.#closed.promise;
    cancel();
    this.kill("it is closed");
    await this.#place.gone;
  }

  #overdue(ask: number, timeLimitMs: number): void {
    const asked = this.#settle(ask);
    asked?.reject(
      new StatusError(
        504,
        `Cannot get an answer of model "${asked.key}": there is none after ${timeLimitMs} ms (timeLimitMs), and its ${this.#options.what} is ended`,
      ),
    );
    this.kill(`it had no answer after ${timeLimitMs} ms: in a loop, out of memory, or slow`);
  }

  #take(report: Report): void {
    switch (report.kind) {
      case "started":
        return;
      case "opened":
        return this.#models.get(report.key)?.told.resolve(report.told);
      case "refused": {
        const { key, error } = report;
        const opening = this.#models.get(key);
        this.#models.delete(key);
        return opening?.told.reject(thrownAgain(error));
      }
      case "answered":
        return this.#settle(report.ask)?.resolve(unpacked(report.answer));
      case "failed":
        return this.#settle(report.ask)?.reject(thrownAgain(report.error));
      case "closed":
        return this.#closed.resolve();
      case "log":
        return this.#models.get(report.key)?.context.log[report.level](report.message, report.fields);
      case "metric":
        return this.#models.get(report.key)?.context.metric(report.name, report.value);
      case "pushed": {
        const asked = report.ask === undefined ? undefined : this.#asks.get(report.ask);
        return asked?.context.pushError(asked.event, thrownAgain(report.error));
      }
    }
  }

  #settle(ask: number): Asked | undefined {
    const asked = this.#asks.get(ask);
    this.#asks.delete(ask);
    asked?.cancelLimit();
    if (this.#asks.size === 0) { for (const resolve of this.#idle.splice(0)) resolve(); }
    return asked;
  }

  #end(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = this.#why ?? why;
    this.#closed.resolve();
    for (const [key, { told }] of this.#models) told.reject(this.#gone(key));
    for (const [ask, { key }] of [...this.#asks]) {
      this.#settle(ask)?.reject(this.#why === undefined ? this.#crashed(key) : this.#gone(key));
    }
    this.#options.onEnd?.(this.#ended);
  }

  /** For the questions that may have ended it: the same again would do the same. */
  #crashed(key: string): StatusError {
    const { what } = this.#options;
    return new StatusError(500, `Cannot get an answer of model "${key}": its ${what} ended, since ${this.#ended}`, {
      isTransient: false,
    });
  }

  /** For questions that only happened to be there: another try may find it well. */
  #gone(key: string): StatusError {
    return new StatusError(503, `Cannot ask model "${key}": its ${this.#options.what} ended, since ${this.#ended}`);
  }
}

function dataOf({ id, key, path, method, headers, time, trigger }: FlowEvent, body: unknown): EventData {
  return { body, id, key, path, method, headers: [...headers], time, trigger };
}
