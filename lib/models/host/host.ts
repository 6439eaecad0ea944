import { StatusError } from "../../errors.ts";
import type { Clock } from "../../graph/clock.ts";
import type { Context } from "../../graph/context.ts";
import type { FlowEvent } from "../../graph/event.ts";
import { notData } from "./data_only.ts";
import { Asking } from "./asking.ts";
import {
  type EventData,
  LOAD_LIMIT_MS,
  type ModelHome,
  type ModelTold,
  movable,
  type Report,
  thrownAgain,
} from "./message.ts";
import type { OpenPlace, Place } from "./place.ts";

/** A question to a model in a place. */
export interface HostQuestion {
  readonly operation: string;
  readonly event: FlowEvent;
  /** Of this request: with its signal. */
  readonly context: Context;
}

/** How a host keeps house. */
export interface HostOptions {
  readonly open: OpenPlace;
  readonly clock: Clock;
  readonly memoryLimitMb: number;
  /** What the place is called in errors: `worker`, `process`. */
  readonly what: string;
  /** Told once, when the place has ended, before those who wait are. */
  readonly onEnd?: (why: string) => void;
  /** Told once, when the place is lost, see `isLost`. */
  readonly onLost?: () => void;
  /** Told when a question has its last word. */
  readonly onAnswer?: () => void;
}

const LOST_MS = 30_000; // a heap of gigabytes takes seconds to go

interface Opening {
  readonly model: number;
  readonly context: Context;
  readonly told: PromiseWithResolvers<ModelTold>;
}

/** One place and everything that it was asked: when it ends, each question has an answer. */
export class Host {
  readonly #options: HostOptions;
  readonly #place: Place;
  readonly #asks = new Map<number, Asking>();
  readonly #models = new Map<ModelHome, Opening>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #idle: (() => void)[] = [];
  #lastModel = 0;
  #lastAsk = 0;
  #ended: string | undefined;
  #cancelLost = () => {};
  #isGone = false;
  #isLost = false;
  /** Why the place is being ended, where the host does it. */
  #why: string | undefined;

  constructor(options: HostOptions) {
    const { open, memoryLimitMb } = options;
    this.#options = options;
    this.#place = open({ report: (report) => this.#take(report), ended: (why) => this.#end(why) }, { memoryLimitMb });
    this.#place.gone.then(() => this.#isGone = true);
  }

  /** Why the place has ended; undefined while it is there. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Resolves when nothing is left of the place, which may be never. */
  get gone(): Promise<void> {
    return this.#place.gone;
  }

  /** Whether something of it was still there long after its end: a thread in a loop, which nothing ends. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** How many questions it works on, those of callers who left included. */
  get inFlight(): number {
    return this.#asks.size;
  }

  /** Loads a model there, once. */
  load(home: ModelHome, context: Context): Promise<ModelTold> {
    const known = this.#models.get(home);
    if (known !== undefined) return known.told.promise;
    const opening: Opening = { model: ++this.#lastModel, context, told: Promise.withResolvers() };
    opening.told.promise.catch(() => {});
    if (this.#ended !== undefined) {
      opening.told.reject(this.#gone(home.key));
      return opening.told.promise;
    }
    this.#models.set(home, opening);
    this.#place.post({ kind: "open", model: opening.model, home });
    const cancel = this.#options.clock.schedule(LOAD_LIMIT_MS, () => {
      this.kill(`its model "${home.key}" was not loaded after ${LOAD_LIMIT_MS} ms`);
    });
    opening.told.promise.then(cancel, cancel);
    return opening.told.promise;
  }

  /** Closes a model there, if it was loaded; nobody waits for that. */
  drop(home: ModelHome): void {
    const model = this.#models.get(home)?.model;
    if (model === undefined || this.#ended !== undefined) return;
    this.#models.delete(home);
    this.#place.post({ kind: "drop", model });
  }

  /** Asks a model that is loaded there. */
  ask(home: ModelHome, { operation, event, context }: HostQuestion): Promise<unknown> {
    const { key, timeLimitMs } = home;
    const model = this.#models.get(home)?.model;
    if (this.#ended !== undefined || model === undefined) return Promise.reject(this.#gone(key));
    if (context.signal.aborted) return Promise.reject(context.signal.reason);
    const { body, moved } = movable(event.body, "inputs");
    const wrong = notData(body, "body");
    if (wrong !== undefined) {
      return Promise.reject(
        new TypeError(
          `Cannot send the request to model "${key}" in its ${this.#options.what}: ${wrong}, which is no data`,
        ),
      );
    }
    const ask = ++this.#lastAsk;
    this.#place.post({ kind: "ask", ask, model, operation, event: dataOf(event, body) }, moved);
    const asking = new Asking({
      key,
      event,
      context,
      clock: this.#options.clock,
      timeLimitMs,
      tell: (kind) => this.#place.post({ kind, ask }),
      onOverdue: () => this.#overdue(ask, home),
    });
    this.#asks.set(ask, asking);
    return asking.answer;
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

  /** Closes its models, then the place; one that does not is ended after `graceMs`, and waited for as long again. */
  async close(graceMs: number): Promise<void> {
    if (this.#ended === undefined) {
      this.#why = "it is closed";
      const cancel = this.#options.clock.schedule(graceMs, () => this.#closed.resolve());
      this.#place.post({ kind: "close" });
      await this.#closed.promise;
      cancel();
      this.kill("it is closed");
    }
    if (this.isLost) return;
    const late = Promise.withResolvers<void>(); // what is in a loop may never go
    const cancel = this.#options.clock.schedule(graceMs, late.resolve);
    await Promise.race([this.#place.gone, late.promise]);
    cancel();
    this.#cancelLost();
    this.#lose();
  }

  #lose(): void {
    if (this.#isGone || this.#isLost) return;
    this.#isLost = true;
    this.#options.onLost?.();
  }

  #overdue(ask: number, { key, timeLimitMs }: ModelHome): void {
    const { what } = this.#options;
    const asking = this.#asks.get(ask);
    this.#asks.delete(ask);
    this.kill(`it had no answer after ${timeLimitMs} ms: in a loop, out of memory, or slow`);
    asking?.fail(
      new StatusError(
        504,
        `Cannot get an answer of model "${key}": there is none after ${timeLimitMs} ms (timeLimitMs), and its ${what} is ended`,
      ),
    );
  }

  #take(report: Report): void {
    if (this.#ended !== undefined) return;
    switch (report.kind) {
      case "started":
        return;
      case "opened":
        return this.#opening(report.model)?.[1].told.resolve(report.told);
      case "refused": {
        const [home, opening] = this.#opening(report.model) ?? [];
        if (home !== undefined) this.#models.delete(home);
        return opening?.told.reject(thrownAgain(report.error));
      }
      case "answered":
      case "streams":
      case "chunk":
      case "ended":
      case "failed":
        if (this.#asks.get(report.ask)?.take(report) === true) this.#answered(report.ask);
        return;
      case "closed":
        return this.#closed.resolve();
      case "log":
        return this.#opening(report.model)?.[1].context.log[report.level](report.message, report.fields);
      case "metric":
        return this.#opening(report.model)?.[1].context.metric(report.name, report.value);
      case "pushed": {
        const asking = report.ask === undefined ? undefined : this.#asks.get(report.ask);
        return asking?.context.pushError(asking.event, thrownAgain(report.error));
      }
    }
  }

  #opening(model: number): [ModelHome, Opening] | undefined {
    return this.#models.entries().find(([, opening]) => opening.model === model);
  }

  #answered(ask: number): void {
    this.#asks.delete(ask);
    this.#options.onAnswer?.();
    if (this.#asks.size === 0) { for (const resolve of this.#idle.splice(0)) resolve(); }
  }

  #end(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = this.#why ?? why;
    this.#closed.resolve();
    const cancelLost = this.#options.clock.schedule(LOST_MS, () => this.#lose());
    this.#cancelLost = cancelLost;
    this.#place.gone.then(cancelLost);
    this.#options.onEnd?.(this.#ended);
    for (const [{ key }, { told }] of this.#models) told.reject(this.#gone(key));
    for (const asking of this.#asks.values()) {
      asking.fail(this.#why === undefined ? this.#crashed(asking.key) : this.#gone(asking.key));
    }
    this.#asks.clear();
    for (const resolve of this.#idle.splice(0)) resolve();
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
