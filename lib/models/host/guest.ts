import { describeThrown } from "../../errors.ts";
import type { Clock } from "../../graph/clock.ts";
import type { Context, Log } from "../../graph/context.ts";
import { FlowEvent } from "../../graph/event.ts";
import type { ModelAsk } from "../model_server.ts";
import { ModelServer } from "../model_server.ts";
import {
  errorData,
  type EventData,
  type ModelHome,
  type ModelTold,
  type Order,
  packed,
  type Report,
  unmoved,
} from "./message.ts";

/** How a guest tells the program that it runs for. */
export type Post = (report: Report, moved: ArrayBuffer[]) => void;

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

/** What runs in a worker or a process: models that are made, asked and closed as the program says. */
export class Guest {
  readonly #post: Post;
  readonly #models = new Map<string, Promise<Running>>();
  readonly #homes = new Map<string, ModelHome>();
  readonly #asks = new Map<number, AbortController>();

  constructor(post: Post) {
    this.#post = post;
    post({ kind: "started" }, []);
  }

  /** Does what the program says. It never rejects. */
  async take(order: Order): Promise<void> {
    switch (order.kind) {
      case "open":
        return await this.#open(order.home);
      case "ask":
        return await this.#ask(order);
      case "abort":
        return this.#asks.get(order.ask)?.abort(new DOMException("The caller has left", "AbortError"));
      case "close":
        await Promise.allSettled([...this.#models.values()].map(async (model) => await (await model).close()));
        return this.#post({ kind: "closed" }, []);
    }
  }

  async #open(home: ModelHome): Promise<void> {
    const { key } = home;
    this.#homes.set(key, home);
    const model = open(home, this.#contextOf(home));
    this.#models.set(key, model);
    try {
      this.#post({ kind: "opened", key, told: (await model).told }, []);
    } catch (error) {
      this.#models.delete(key);
      this.#post({ kind: "refused", key, error: errorData(error) }, []);
    }
  }

  async #ask({ ask, key, operation, event: data }: Order & { kind: "ask" }): Promise<void> {
    const controller = new AbortController();
    this.#asks.set(ask, controller);
    try {
      const model = await this.#models.get(key)!;
      const context = { ...this.#contextOf(this.#homes.get(key)!, ask), signal: controller.signal };
      const given = await model.answer({ operation, event: eventOf(data), context });
      const { answer, moved } = await this.#packed(key, given);
      this.#post({ kind: "answered", ask, answer }, moved);
    } catch (error) {
      this.#post({ kind: "failed", ask, error: errorData(error) }, []);
    } finally {
      this.#asks.delete(ask);
    }
  }

  async #packed(key: string, answer: unknown): ReturnType<typeof packed> {
    try {
      return await packed(answer);
    } catch (error) {
      throw new TypeError(`Cannot send the answer of model "${key}": ${describeThrown(error).message}`, {
        cause: error,
      });
    }
  }

  #contextOf({ key, function: fn, isMock, params, unsent }: ModelHome, ask?: number): Context {
    const line = (level: keyof Log) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
      this.#post({ kind: "log", key, level, message: String(message), fields: plain(fields) }, []);
    return {
      step: key,
      function: fn,
      isMock,
      signal: NEVER_ABORTS,
      given: {},
      clock: CLOCK,
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
      metric: (name, value) => this.#post({ kind: "metric", key, name: String(name), value: Number(value) }, []),
      pushError: (_event, error) => this.#post({ kind: "pushed", key, ask, error: errorData(error) }, []),
    };
  }
}

const NEVER_ABORTS = new AbortController().signal;
const CLOCK: Clock = { // the machine's: a test's clock stays in the test
  now: () => Date.now(),
  schedule(afterMs, run) {
    const timer = setTimeout(run, afterMs);
    return () => clearTimeout(timer);
  },
};
const STATE = new Map<string, unknown>(); // of this worker or process

async function open(home: ModelHome, context: Context): Promise<Running> {
  const { module, exportName, args } = home;
  const exported = await import(module) as Record<string, unknown>;
  const Class = exported[exportName];
  if (typeof Class !== "function") {
    throw new TypeError(
      `Cannot find "${exportName}" in ${module}: it exports ${Object.keys(exported).join(", ") || "nothing"}`,
    );
  }
  const made = new (Class as new (args: unknown, context: Context) => Made)(args, context);
  await made.open?.();
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
