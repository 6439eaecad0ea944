/** The routes of a router: models, tasks and functions, opened and asked alike. */

import { describeThrown, ModelError } from "../errors.ts";
import { CallContext } from "../flow/call_context.ts";
import { FlowEvent } from "../graph/event.ts";
import type { Context } from "../graph/context.ts";
import type { RouteSpec, StepScope, StepSpec } from "../graph/operator.ts";
import { withSecrets } from "../graph/secret_data.ts";
import type { StepSignature } from "../graph/signature.ts";
import { isClass } from "../graph/task.ts";
import type { Maybe } from "../graph/typing.ts";
import { andThen } from "../graph/later.ts";
import type { ServedModel } from "../graph/served_model.ts";
import type { HostedModel } from "../models/hosted_model.ts";
import type { ModelAsk } from "../models/model_server.ts";
import { ModelServer } from "../models/model_server.ts";
import type { ModelMetadata } from "../protocol/reply.ts";
import { hostedModel } from "./hosting.ts";
import { type MakeModel, ModelRoute } from "./model_route.ts";

/** One route, opened. */
export interface Route {
  readonly key: string;
  /** Answers one question. A task or function gets the body (or the event), whatever the operation is. */
  ask(question: ModelAsk): Maybe<unknown>;
  /** What it takes and gives; empty for tasks and functions. */
  signature(): Pick<ModelMetadata, "inputs" | "outputs">;
  /** The tensors of a request and of an answer, for the steps before and behind the router. */
  takesAndGives(): StepSignature;
  readonly isReady: boolean;
  close(): Maybe<void>;
  /** What the server may know of it and do to it; undefined for tasks and functions. */
  readonly served?: ServedModel;
}

/** The routes of a router, by key, in the order in which they were added. */
export type RouteTable = ReadonlyMap<string, Route>;

interface Opened {
  open?(): Maybe<void>;
  close?(): Maybe<void>;
  do?(body: unknown, context: Context): unknown;
  doEvent?(event: FlowEvent, context: Context): unknown;
}

/**
 * Opens all routes of a step at the same time.
 *
 * @throws What the one route that failed threw, or a {@link ModelError} that tells of each; the others are closed.
 */
export async function openRoutes(spec: StepSpec, scope: StepScope): Promise<RouteTable> {
  const table = new Map<string, Route>();
  const results = await Promise.allSettled(spec.routes.map((route) => openRoute(route, { scope, table })));
  const failures = results.flatMap((result) => result.status === "rejected" ? [result.reason as unknown] : []);
  const opened = results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
  if (failures.length > 0) {
    for (const route of opened) await route.close();
    if (failures.length === 1) throw failures[0];
    const lines = failures.map((failure) => `\n  ${describeThrown(failure).message}`);
    throw new ModelError(`Cannot open ${failures.length} routes of step "${spec.name}":${lines.join("")}`, {
      cause: new AggregateError(failures),
    });
  }
  for (const route of opened) table.set(route.key, route);
  return table;
}

/** Closes all routes, the failing ones too. */
export async function closeRoutes(routes: RouteTable): Promise<void> {
  const results = await Promise.allSettled([...routes.values()].map(async (route) => await route.close()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function openRoute(
  { key, model, args }: RouteSpec,
  { scope, table }: { scope: StepScope; table: RouteTable },
): Promise<Route> {
  const context = scope.routeContext(key);
  if (!isClass(model)) return plainRoute(key, (event) => model(event.body, new CallContext(context, event)));
  const hosted = hostedModel({ key, model, args }, { scope, context });
  if (model.prototype instanceof ModelServer) return await openModel({ key, model, args }, { context, hosted, table });
  if (hosted !== undefined) return await openHostedTask(key, hosted(), context);
  const Class = model as unknown as new (args: unknown, context: Context) => Opened;
  const instance = new Class(withSecrets(args), context);
  await instance.open?.();
  const close = () => instance.close?.();
  if (typeof instance.doEvent === "function") {
    return plainRoute(key, (event) => instance.doEvent!(event, new CallContext(context, event)), close);
  }
  if (typeof instance.do === "function") {
    return plainRoute(key, (event) => instance.do!(event.body, new CallContext(context, event)), close);
  }
  throw new TypeError(
    `Cannot open route "${key}": class ${model.name} is no ModelServer and has no do(body) and no doEvent(event)`,
  );
}

/** Loads a model before the router answers, or, where its route says so, meanwhile. */
async function openModel(
  { key, model, args }: RouteSpec,
  { context, hosted, table }: { context: Context; hosted: MakeModel | undefined; table: RouteTable },
): Promise<Route> {
  const { loading = "before" } = args;
  if (loading !== "before" && loading !== "background") {
    throw new ModelError(
      `Cannot open model "${key}": loading is "before" or "background", not ${JSON.stringify(loading)}`,
    );
  }
  const Class = model as unknown as new (args: unknown, context: Context) => ModelServer<unknown>;
  const route = new ModelRoute(key, hosted ?? (() => new Class(withSecrets(args), context)), { context, table });
  if (loading === "background") route.openLater();
  else await route.open();
  return route;
}

async function openHostedTask(key: string, task: HostedModel, context: Context): Promise<Route> {
  await task.open();
  const run = (event: FlowEvent) => task.answer({ operation: "", event, context: new CallContext(context, event) });
  return plainRoute(key, run, () => task[Symbol.asyncDispose]());
}

function plainRoute(key: string, run: (event: FlowEvent) => unknown, close: () => Maybe<void> = () => {}): Route {
  return {
    key,
    ask: ({ event }) => andThen(run(event), (result) => result instanceof FlowEvent ? result.body : result),
    signature: () => ({ inputs: [], outputs: [] }),
    takesAndGives: () => ({}),
    isReady: true,
    close,
  };
}
