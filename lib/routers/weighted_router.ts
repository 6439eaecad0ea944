import { z } from "zod";
import type { Fault } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import type { Code, StepDefinition, StepScope, StepSpec } from "../graph/operator.ts";
import type { ModelFacts } from "../graph/served_model.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import type { InferReply } from "../protocol/reply.ts";
import { answerCollective, type Collective, factsOf, OWN_OPERATIONS, servedCollective } from "./collective.ts";
import type { RouterStep } from "./model_router.ts";
import { routeFaults, routerName, routerOperator, routeSignatures } from "./request.ts";
import { RouteIndex } from "./route_index.ts";
import { openRoutes, type Route, type RouteTable } from "./route.ts";
import { shareOf } from "./share_of.ts";

/** How a weighted router chooses. */
export interface WeightedRouterOptions {
  /** What it is called in paths and replies; default: the step's name. */
  name?: string;
  /**
   * Gives a key of the event, a user or a session: the same key goes to the same route as long as the shares are the same. It may be
   * asynchronous; undefined: by chance. Default: each event by chance.
   */
  stickyBy?: (event: FlowEvent) => Maybe<string | number | undefined>;
}

const OPTIONS = z.strictObject({
  name: z.string().min(1).optional(),
  shares: z.record(z.string(), z.number()),
});

/** The weighted router in the catalogue. */
export const WEIGHTED_ROUTER: StepDefinition = {
  kind: "weightedRouter",
  shape: "box",
  options: OPTIONS,
  code: { stickyBy: "optional" },
  takesRoutes: true,
  check: (spec) => [...routeFaults(spec), ...nameFaults(spec), ...shareFaults(spec)],
  signatures: routeSignatures,
  async open(spec, scope) {
    const routes = await openRoutes(spec, scope);
    const router = new WeightedRouter(spec, { scope, routes });
    return routerOperator(scope, routes, (event) => answerCollective(router, event), [servedCollective(router)]);
  },
};

/** One route, and how much of the whole it is to get. */
interface Part {
  readonly route: Route;
  readonly share: number;
}

class WeightedRouter implements Collective {
  readonly name: string;
  readonly routes: RouteTable;
  readonly index: RouteIndex;
  readonly noun = "weighted router";
  readonly #shares: Readonly<Record<string, number>>;
  readonly #parts: readonly Part[];
  readonly #stickyBy: Code | undefined;
  readonly #scope: StepScope;

  constructor(spec: StepSpec, { scope, routes }: { scope: StepScope; routes: RouteTable }) {
    this.name = nameOf(spec);
    this.routes = routes;
    this.index = new RouteIndex(routes);
    this.#shares = OPTIONS.parse(spec.options).shares;
    this.#stickyBy = spec.code.stickyBy;
    this.#scope = scope;
    this.#parts = Object.entries(this.#shares).filter(([, share]) => share > 0)
      .map(([key, share]) => ({ route: routes.get(key)!, share }));
  }

  list(): object {
    return { models: [...this.routes.keys(), this.name], shares: this.#shares };
  }

  needed(): readonly Route[] {
    return answering(this.#parts).map(({ route }) => route);
  }

  facts(): ModelFacts {
    return factsOf(this.routes.values(), "levada_weighted");
  }

  ask(operation: string, event: FlowEvent): Maybe<unknown> {
    const stickyBy = this.#stickyBy;
    const key = stickyBy === undefined ? undefined : stickyBy(event) as Maybe<string | number | undefined>;
    return andThen(
      key,
      (known) => this.#askAt(known === undefined ? Math.random() : shareOf(String(known)), operation, event),
    );
  }

  #askAt(place: number, operation: string, event: FlowEvent): Maybe<unknown> {
    const route = routeAt(place, this.#parts);
    this.#scope.count(`to ${route.key}`);
    const { isMock, log } = this.#scope.context;
    if (!isMock) log.debug(`"${this.name}" asks "${route.key}"`, { event: event.id, route: route.key });
    return route.ask({ operation, event });
  }
}

/**
 * The route at a place of the whole, 0 to below 1. One that is taken away, or not loaded, leaves its part to the others, in the ratio of their
 * shares; where all are, the request fails as the route's own does.
 */
function routeAt(place: number, parts: readonly Part[]): Route {
  const chosen = answering(parts);
  let rest = place * chosen.reduce((sum, { share }) => sum + share, 0);
  return (chosen.find(({ share }) => (rest -= share) < 0) ?? chosen.at(-1)!).route;
}

function answering(parts: readonly Part[]): readonly Part[] {
  const there = parts.filter(({ route }) => isThere(route));
  return there.length === 0 ? parts : there;
}

function isThere({ served }: Route): boolean {
  return served === undefined || served.state === "ready" || served.state === "restarting"; // what fails at its work is to be seen
}

function nameOf(spec: StepSpec): string {
  return routerName(spec, { kind: "weightedRouter", className: "WeightedRouter" });
}

function nameFaults(spec: StepSpec): Fault[] {
  const own = [...OWN_OPERATIONS, nameOf(spec)];
  return spec.routes.filter(({ key }) => own.includes(key)).map(({ key }) => ({
    cause: `route "${key}" has a name that its paths give to the router itself`,
    cure: "Rename it",
    severity: "error",
  }));
}

function shareFaults(spec: StepSpec): Fault[] {
  const { shares } = spec.options;
  if (typeof shares !== "object" || shares === null) return [];
  const keys = spec.routes.map(({ key }) => key);
  const faults: Fault[] = [];
  const fault = (cause: string, cure: string) => faults.push({ cause, cure, severity: "error" });
  for (const [key, share] of Object.entries(shares)) {
    if (!keys.includes(key)) {
      fault(
        `there is a share for "${key}", which is no route`,
        `Name one of ${keys.join(", ") || "its routes, when it has some"}`,
      );
    }
    if (!(Number.isFinite(share) && share >= 0)) {
      fault(`the share of route "${key}" is ${share}`, "Give a finite number, 0 or more");
    }
  }
  for (const key of keys.filter((key) => !Object.hasOwn(shares, key))) {
    fault(`route "${key}" has no share`, "Give it one; with 0 it is asked only by its own path");
  }
  if (!Object.values(shares).some((share) => share > 0)) {
    fault("no share is above 0", "Give at least one route a share");
  }
  return faults;
}

/**
 * Sends each request to one of its routes, by their shares of the traffic: a canary gets a few of a hundred. Only ratios of shares count.
 *
 * `POST /v2/models/infer`, `POST /v2/models/<router>/infer` and `POST /` go by share; `/v2/models/<route>/infer` asks that route, whatever
 * its share is. A route that is unloaded, or not loaded yet, leaves its share to the others. The reply's `model_name` tells which route answered, as do the count `to <route>` of the step and, but for the mock server, a log line (`debug`).
 *
 * With `stickyBy` the same key goes to the same route. When a share grows at the cost of the other, keys only move to the one that grows.
 *
 * @example Everybody of one group gets the new model
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { serving, weightedRouter } from "levada";
 *
 * const fn = serving("prices");
 * const router = weightedRouter({ stable: 95, canary: 5 }, { stickyBy: ({ headers }) => headers.get("x-user") ?? undefined });
 * fn.setTopology("router", router).addRoute("stable", () => "old").addRoute("canary", () => "new");
 *
 * await using server = await fn.toMockServer();
 * const ask = (user: string) => server.test("/", {}, { headers: { "x-user": user } });
 * deepStrictEqual([await ask("ann"), await ask("ann")], ["old", "old"]);
 * deepStrictEqual(await server.test("/v2/models/canary/infer", {}), "new"); // by its own path, whatever its share
 * ```
 *
 * @param shares By route; each 0 or more, and one above 0. Every route has one.
 */
// deno-lint-ignore no-explicit-any -- the request decides which model answers
export function weightedRouter<In = any>(
  shares: Readonly<Record<string, number>>,
  { stickyBy, ...options }: WeightedRouterOptions = {},
  // deno-lint-ignore no-explicit-any -- each model answers in its own way
): RouterStep<In, InferReply<any>> {
  return new ReadyStep(
    WEIGHTED_ROUTER,
    { shares: { ...shares }, ...options },
    stickyBy === undefined ? {} : { stickyBy },
  );
}
