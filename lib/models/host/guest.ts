import { describeThrown } from "../../errors.ts";
import type { Clock } from "../../graph/clock.ts";
import type { Context, Log } from "../../graph/context.ts";
import { FlowEvent } from "../../graph/event.ts";
import { isGenerator } from "../../graph/generator.ts";
import { dataOf } from "../../graph/secret_data.ts";
import type { ModelAsk } from "../model_server.ts";
import { ModelServer } from "../model_server.ts";
import {
  errorData,
  type EventData,
  LOAD_LIMIT_MS,
  type ModelHome,
  type ModelTold,
  type Order,
  packed,
  type Report,
  unmoved,
} from "./message.ts";

/** How a guest tells the program that it runs for. */
export type Post = (report: Report, moved: ArrayBuffer[]) => void;

/** Calls a function, and breaks it off where it does not come back in time, if the place can do that. */
export type Guard = <Result>(run: () => Result, timeLimitMs: number) => Result;

/** A model that runs here. */
interface Running {
  readonly told: ModelTold;
  answer(question: ModelAsk & { readonly context: Context }): unknown;
  close(): unknown;
}

type Made = Partial<{
  open(): unknown;
  close(): unknown;
  do(body: unknown, context: Context): unknown;
  doEvent(event: FlowEvent, context: Context): unknown;
}>;

interface Known {
  readonly home: ModelHome;
  readonly running: Promise<Running>;
  /** Once it is loaded. */
  loaded?: Running;
}

/** A question that has no last word yet. */
interface Answering {
  readonly known: Known;
  readonly controller: AbortController;
  /** What gives the chunks, where the answer comes in several. */
  chunks?: Chunks;
}

type Chunks = Iterator<unknown> | AsyncIterator<unknown>;

/** What runs in a worker or a process: models that are made, asked and closed as the program says. */
export class Guest {
  readonly #post: Post;
  readonly #guard: Guard;
  readonly #models = new Map<number, Known>();
  readonly #asks = new Map<number, Answering>();

  constructor(post: Post, guard: Guard = (run) => run()) {
    this.#post = post;
    this.#guard = guard;
    post({ kind: "started" }, []);
  }

  /** Does what the program says. It never rejects. */
  async take(order: Order): Promise<void> {
    switch (order.kind) {
      case "open":
        return await this.#open(order);
      case "ask":
        return await this.#ask(order);
      case "abort":
        return this.#asks.get(order.ask)?.controller.abort(new DOMException("The caller has left", "AbortError"));
      case "next":
        return await this.#next(order.ask);
      case "stop":
        return await this.#stop(order.ask);
      case "drop": {
        const known = this.#models.get(order.model);
        this.#models.delete(order.model);
        return await close(known).catch(() => {}); // nobody waits for it
      }
      case "close":
        await Promise.allSettled([...this.#models.values()].map(close));
        return this.#post({ kind: "closed" }, []);
    }
  }

  async #open({ model, home }: Order & { kind: "open" }): Promise<void> {
    const known: Known = { home, running: open(home, this.#contextOf(model, home), this.#guard) };
    this.#models.set(model, known);
    try {
      known.loaded = await known.running;
      this.#post({ kind: "opened", model, told: known.loaded.told }, []);
    } catch (error) {
      this.#models.delete(model);
      this.#post({ kind: "refused", model, error: errorData(error) }, []);
    }
  }

  async #ask({ ask, model, operation, event: data }: Order & { kind: "ask" }): Promise<void> {
    const known = this.#models.get(model)!;
    const answering: Answering = { known, controller: new AbortController() };
    this.#asks.set(ask, answering);
    try {
      const context = { ...this.#contextOf(model, known.home, ask), signal: answering.controller.signal };
      const question = { operation, event: eventOf(data), context };
      const given = await this.#guard(() => known.loaded!.answer(question), known.home.timeLimitMs);
      if (isGenerator(given)) {
        answering.chunks = given;
        return this.#post({ kind: "streams", ask }, []);
      }
      const { answer, moved } = await this.#packed(known, given);
      this.#over(ask, { kind: "answered", ask, answer }, moved);
    } catch (error) {
      this.#over(ask, { kind: "failed", ask, error: errorData(error) });
    }
  }

  async #next(ask: number): Promise<void> {
    const answering = this.#asks.get(ask);
    if (answering?.chunks === undefined) return;
    const { known, chunks } = answering;
    try {
      const { value, done } = await this.#guard(() => chunks.next(), known.home.timeLimitMs);
      if (done === true) return this.#over(ask, { kind: "ended", ask });
      const { answer, moved } = await this.#packed(known, await value); // a generator that is not async may yield promises
      this.#post({ kind: "chunk", ask, answer }, moved);
    } catch (error) {
      await (async () => await chunks.return?.())().catch(() => {}); // one that has failed by itself is over anyway
      this.#over(ask, { kind: "failed", ask, error: errorData(error) });
    }
  }

  async #stop(ask: number): Promise<void> {
    const answering = this.#asks.get(ask);
    if (answering?.chunks === undefined) return;
    const { known, chunks } = answering;
    try {
      await this.#guard(() => chunks.return?.(), known.home.timeLimitMs);
      this.#over(ask, { kind: "ended", ask });
    } catch (error) {
      this.#over(ask, { kind: "failed", ask, error: errorData(error) });
    }
  }

  /** The last word to a question; what comes after it is told nobody. */
  #over(ask: number, report: Report, moved: ArrayBuffer[] = []): void {
    if (this.#asks.delete(ask)) this.#post(report, moved);
  }

  async #packed({ home }: Known, answer: unknown): ReturnType<typeof packed> {
    try {
      return await packed(answer);
    } catch (error) {
      throw new TypeError(`Cannot send the answer of model "${home.key}": ${describeThrown(error).message}`, {
        cause: error,
      });
    }
  }

  /** The machine's: a test's clock stays in the test. What a model does by it, such as a batch, is guarded as its other calls. */
  #clockOf(timeLimitMs: number): Clock {
    return {
      now: () => Date.now(),
      schedule: (afterMs, run) => {
        const timer = setTimeout(() => this.#guard(run, timeLimitMs), afterMs);
        return () => clearTimeout(timer);
      },
    };
  }

  #contextOf(
    model: number,
    { key, function: fn, isMock, params, unsent, timeLimitMs }: ModelHome,
    ask?: number,
  ): Context {
    const line = (level: keyof Log) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
      this.#post({ kind: "log", model, level, message: String(message), fields: plain(fields) }, []);
    return {
      step: key,
      function: fn,
      isMock,
      signal: NEVER_ABORTS,
      given: {},
      clock: this.#clockOf(timeLimitMs),
      log: { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") },
      state: STATE,
      param<Value>(name: string, fallback?: Value): Value {
        const what = unsent.get(name);
        if (what === undefined) return (params.has(name) ? params.get(name) : fallback) as Value;
        throw new TypeError(
          `Cannot read parameter "${name}" where model "${key}" runs, which is sent data only: ${what}`,
        );
      },
      table(name) {
        throw new TypeError(
          `Cannot read table "${name}" where model "${key}" runs: tables are of the flow's own program`,
        );
      },
      metric: (name, value) => this.#post({ kind: "metric", model, name: String(name), value: Number(value) }, []),
      pushError: (_event, error) => this.#post({ kind: "pushed", ask, error: errorData(error) }, []),
    };
  }
}

const NEVER_ABORTS = new AbortController().signal;
const STATE = new Map<string, unknown>(); // of this worker or process

async function close(known: Known | undefined): Promise<void> {
  await (await known?.running)?.close();
}

async function open(home: ModelHome, context: Context, guard: Guard): Promise<Running> {
  const { module, exportName, args } = home;
  const exported = await import(module) as Record<string, unknown>;
  const Class = exported[exportName];
  if (typeof Class !== "function") {
    throw new TypeError(
      `Cannot find "${exportName}" in ${module}: it exports ${Object.keys(exported).join(", ") || "nothing"}`,
    );
  }
  const Model = Class as new (args: unknown, context: Context) => Made;
  const made = guard(() => new Model(dataOf(args), context), LOAD_LIMIT_MS);
  await guard(() => made.open?.(), LOAD_LIMIT_MS);
  if (made instanceof ModelServer) {
    const told = { facts: made.facts(), signature: made.signature(), takesAndGives: made.takesAndGives() };
    return { told, answer: (question) => made.answer(question), close: () => made[Symbol.asyncDispose]() };
  }
  if (typeof made.doEvent !== "function" && typeof made.do !== "function") {
    throw new TypeError(
      `Cannot run class ${exportName}: it is no ModelServer and has no do(body) and no doEvent(event)`,
    );
  }
  return {
    told: {
      facts: { platform: "levada", inputs: [], outputs: [] },
      signature: { inputs: [], outputs: [] },
      takesAndGives: {},
    },
    async answer({ event, context }) {
      const result = await (made.doEvent === undefined ? made.do!(event.body, context) : made.doEvent(event, context));
      return result instanceof FlowEvent ? result.body : result;
    },
    close: () => made.close?.(),
  };
}

function eventOf({ body, ...known }: EventData): FlowEvent {
  return new FlowEvent(unmoved(body, "inputs"), {
    ...known,
    headers: known.headers.map(([name, value]) => [name, value] as [string, string]),
  });
}

/** Fields of a log line that can be sent: what is no data is told as text. */
function plain(fields: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> | undefined {
  if (fields === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(fields).map((
      [name, value],
    ) => [name, typeof value === "object" || typeof value === "function" ? String(value) : value]),
  );
}
