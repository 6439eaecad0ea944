import { SYSTEM_CLOCK } from "../../lib/flow/system_clock.ts";
import { Tables } from "../../lib/flow/tables.ts";
import type { Context } from "../../lib/graph/context.ts";
import { type EventInit, FlowEvent } from "../../lib/graph/event.ts";
import type { Code, StepScope } from "../../lib/graph/operator.ts";
import type { ReadyStep } from "../../lib/graph/step.ts";

/** A context that keeps what was reported to it. */
export interface QuietContext extends Context {
  readonly pushed: string[];
}

/** A context for a step or a route, with parameters. */
export function quietContext(step: string, params: Readonly<Record<string, unknown>> = {}): QuietContext {
  const pushed: string[] = [];
  const tables = new Tables();
  const quiet = () => {};
  return {
    step,
    function: "test",
    isMock: true,
    clock: SYSTEM_CLOCK,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    signal: new AbortController().signal,
    state: new Map(),
    given: {},
    metric: quiet,
    table: (table) => tables.table(table, { function: "test", step }),
    param: <Value>(name: string, fallback?: Value) => (Object.hasOwn(params, name) ? params[name] : fallback) as Value,
    pushError: (_event, error) => void pushed.push(error.message),
    pushed,
  };
}

/** A router without an engine around it. */
export interface OpenedRouter extends AsyncDisposable {
  readonly context: QuietContext;
  /** Sends one event and gives the body that leaves. */
  ask(path: string, body?: unknown, init?: EventInit): Promise<unknown>;
  /** As `ask`, at once: the answer may not be a promise. */
  askAtOnce(path: string, body?: unknown, init?: EventInit): unknown;
}

type Model = Code | readonly [model: Code, args: Readonly<Record<string, unknown>>];

/** Opens a router step with its routes. */
export async function openRouter(
  step: ReadyStep<never, unknown, unknown>,
  routes: Readonly<Record<string, Model>>,
  { name = "router", paths = {}, surroundings = {} }: {
    name?: string;
    paths?: { inputPath?: string; resultPath?: string };
    /** What its routes find in their context. */
    surroundings?: Partial<Pick<Context, "clock" | "metric" | "log">>;
  } = {},
): Promise<OpenedRouter> {
  const context = quietContext(name);
  const { inputPath, resultPath } = paths;
  const scope: StepScope = {
    context,
    inlets: 1,
    inFlightBehind: 1,
    isPlain: false,
    resultPath: undefined,
    isShared: false,
    outlets: [],
    clock: SYSTEM_CLOCK,
    contextOf: () => context,
    traceHeaders: () => ({}),
    read: ({ body }) => inputPath === undefined ? body : (body as Record<string, unknown>)[inputPath],
    write(event, result) {
      event.body = resultPath === undefined ? result : { ...event.body as object, [resultPath]: result };
    },
    release: () => Promise.reject(new Error("a router holds no events")),
    end: () => {
      throw new Error("a router holds no events");
    },
    fail: () => {
      throw new Error("a router holds no events");
    },
    begin: () => Promise.reject(new Error("a router begins no events")),
    share: (_name, make) => make(),
    count: () => {},
    openOutlet: () => Promise.resolve(undefined),
    send: () => {
      throw new Error("a router is no way out");
    },
    routeContext: (key) => ({ ...quietContext(key), ...surroundings }),
    params: new Map(),
    attempt: (work, { signal }) => work(signal),
  };
  const spec = {
    name,
    options: step.options,
    code: step.code,
    args: {},
    routes: Object.entries(routes).map(([key, model]) =>
      typeof model === "function" ? { key, model, args: {} } : { key, model: model[0], args: model[1] }
    ),
  };
  const operator = await step.definition.open(spec, scope);
  const process = (path: string, body: unknown, init: EventInit) => {
    const event = new FlowEvent(body, { id: "ev1", path, ...init });
    return { event, reaction: operator.process(event) };
  };
  return {
    context,
    async ask(path, body = null, init = {}) {
      const { event, reaction } = process(path, body, init);
      if (await reaction !== event) throw new Error("the router did not send its event on");
      return event.body;
    },
    askAtOnce(path, body = null, init = {}) {
      const { event, reaction } = process(path, body, init);
      if (reaction !== event) throw new Error("the router did not answer at once");
      return event.body;
    },
    async [Symbol.asyncDispose]() {
      await operator.close?.();
    },
  };
}

/** An answer without the time at which it was given. */
export function timeless(reply: unknown): unknown {
  const { timestamp, ...rest } = reply as { timestamp?: string };
  if (timestamp === undefined || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00$/.test(timestamp)) {
    throw new Error(`the reply has no timestamp: ${JSON.stringify(reply)}`);
  }
  return rest;
}
