import type { Graph } from "../graph/graph.ts";
import type { RouteClass } from "../graph/routes.ts";
import type { ModelArgs } from "../models/model_server.ts";
import { RouterGraph } from "./router_graph.ts";

/** A model as `fn.addModel` is given it. */
export interface GivenModel {
  /** The name of the function, for messages. */
  readonly fn: string;
  /** A class or function; else the arguments of the function's own class. */
  readonly model: unknown;
  readonly args: unknown;
  readonly defaultModel: RouteClass<ModelArgs> | undefined;
}

/**
 * Adds a model to the router of a function.
 *
 * @throws {TypeError} If the function is a flow, or there is no class for the model.
 */
export function addModelTo(
  router: Graph | RouterGraph,
  key: string,
  { fn, model, args, defaultModel }: GivenModel,
): void {
  if (!(router instanceof RouterGraph)) {
    throw new TypeError(
      `Cannot add model "${key}" to function "${fn}": it is a flow. Add it to a router step: step.addRoute("${key}", …)`,
    );
  }
  const Model = typeof model === "function" ? model : defaultModel;
  if (Model === undefined) {
    throw new TypeError(
      `Cannot add model "${key}" to function "${fn}": it has no class of its own. Give one: addModel("${key}", Model, { … })`,
    );
  }
  router.addRoute(key, Model as RouteClass<object>, (typeof model === "function" ? args : model) as object);
}
