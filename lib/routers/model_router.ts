import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import type { StepDefinition } from "../graph/operator.ts";
import type { Routes } from "../graph/routes.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { matchModelPath } from "../protocol/model_path.ts";
import { badRequest, unknownModel, unknownPath, wrongMethod } from "../protocol/refusal.ts";
import { type InferReply, routerHealth } from "../protocol/reply.ts";
import { bodyField } from "../protocol/request_body.ts";
import {
  addressKey,
  askedOperation,
  isRead,
  routeFaults,
  routerName,
  routerOperator,
  routeSignatures,
} from "./request.ts";
import { RouteIndex } from "./route_index.ts";
import { openRoutes, type Route, type RouteTable } from "./route.ts";

/** A step that takes routes. */
// deno-lint-ignore no-explicit-any -- what arrives is the request's, and each route answers in its own way
export type RouterStep<In = any, Out = any> = ReadyStep<In, Out, Routes>;

/** How a model router calls itself, and what it does with requests and replies. */
// deno-lint-ignore no-explicit-any -- what arrives is the request's
export interface ModelRouterOptions<In = any> {
  /** What it answers to `GET /`; default: the step's name. */
  name?: string;
  /** What stands before `/models` and `/health` in its paths. Default: `/v2`. */
  prefix?: string;
  /** Changes the body before a model is chosen, so that it may set `model`; what it returns is the body. It may be asynchronous. */
  preprocess?: (body: In, event: FlowEvent<In>) => Maybe<unknown>;
  /** Changes what was answered: a model's reply, its metadata, the list of models. It may be asynchronous. */
  postprocess?: (reply: unknown, event: FlowEvent) => Maybe<unknown>;
}

const OPTIONS = z.strictObject({
  name: z.string().min(1).optional(),
  prefix: z.string().regex(/^\/[^/].*[^/]$/, "begins with / and ends without one: /v1").optional(),
});

/** The model router in the catalogue. */
export const MODEL_ROUTER: StepDefinition = {
  kind: "modelRouter",
  shape: "box",
  options: OPTIONS,
  code: { preprocess: "optional", postprocess: "optional" },
  takesRoutes: true,
  check: routeFaults,
  signatures: routeSignatures,
  async open(spec, scope) {
    const routes = await openRoutes(spec, scope);
    const name = routerName(spec, { kind: "modelRouter", className: "ModelRouter" });
    const index = new RouteIndex(routes);
    const { prefix = "/v2" } = OPTIONS.parse(spec.options);
    const router: Router = { name, prefix, routes, index };
    const { preprocess, postprocess } = spec.code;
    if (preprocess === undefined && postprocess === undefined) {
      return routerOperator(scope, routes, (event) => answer(event, router));
    }
    return routerOperator(scope, routes, (event) => {
      const path = matchModelPath(event.path, prefix);
      if (path === undefined || path.kind === "health" || (path.kind === "root" && isRead(event))) {
        return answer(event, router);
      }
      const body = preprocess === undefined ? event.body : preprocess(event.body, event);
      const answered = andThen(body, (given) => answer(given === event.body ? event : event.with(given), router));
      return postprocess === undefined ? answered : andThen(answered, (reply) => postprocess(reply, event));
    });
  },
};

/**
 * Chooses one model for each request: by the path, `/v2/models/iris/versions/v2/infer`, or, where the path is `/`, by
 * `model` (`iris:v2`) and `operation` in the body; without them the first model infers. A name without a version is the version that was
 * added last.
 *
 * `GET /v2/models` lists the models, `GET /v2/models/<model>` tells what one takes and gives, `.../ready` whether it is
 * loaded, `GET /v2/health` whether the router is up.
 *
 * @throws {StatusError} To the caller: 404 for an unknown model, 405 for a wrong method, 400 for another path,
 * operation or body.
 *
 * @example A router within a flow: the path chooses the model
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { type InferRequest, modelRouter, ModelServer, serving } from "levada";
 *
 * class Times extends ModelServer {
 *   predict({ inputs }: InferRequest): number[] {
 *     return inputs.map((n) => Number(n) * this.param("by", 1));
 *   }
 * }
 *
 * const fn = serving("times");
 * const router = fn.setTopology("flow").to("same", (body: object) => body).to("models", modelRouter()).respond();
 * router.addRoute("two", Times, { by: 2 }).addRoute("ten", Times, { by: 10 });
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual((await server.test("/v2/models/ten/infer", { inputs: [1, 2] })).outputs, [10, 20]);
 * ```
 */
// deno-lint-ignore no-explicit-any -- the request decides which model answers, and each does in its own way
export function modelRouter<In = any, Out = InferReply<any>>(
  { preprocess, postprocess, ...options }: ModelRouterOptions<In> = {},
): RouterStep<In, Out> {
  return new ReadyStep(MODEL_ROUTER, { ...options }, {
    ...(preprocess === undefined ? {} : { preprocess }),
    ...(postprocess === undefined ? {} : { postprocess }),
  });
}

interface Router {
  readonly name: string;
  readonly prefix: string;
  readonly routes: RouteTable;
  readonly index: RouteIndex;
}

function answer(event: FlowEvent, router: Router): Maybe<unknown> {
  const { body } = event;
  const { name, prefix, routes } = router;
  const path = matchModelPath(event.path, prefix);
  switch (path?.kind) {
    case undefined:
      throw unknownPath(event.path, prefix);
    case "health":
      if (!isRead(event)) throw wrongMethod("for health", event.method, ["GET"]);
      return routerHealth(name);
    case "models":
      if (!isRead(event) && event.method !== "POST") throw wrongMethod("for the models", event.method, ["GET", "POST"]);
      return { models: [...routes.keys()] };
    case "model":
      return route(router, addressKey(path)).ask({ operation: askedOperation(body, path.operation), event });
    case "root":
      if (isRead(event)) return routerHealth(name);
      return routeOfBody(router, body).ask({ operation: askedOperation(body), event });
  }
}

function route({ routes, index }: Router, key: string): Route {
  const found = index.find(key);
  if (found === undefined) throw unknownModel(key, [...routes.keys()]);
  return found;
}

function routeOfBody(router: Router, body: unknown): Route {
  const key = bodyField(body, "model") ?? router.routes.keys().next().value;
  if (typeof key !== "string") throw badRequest(String(key), '"model" is not text');
  return route(router, key);
}
