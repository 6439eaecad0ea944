import type { GraphBuilder } from "../graph/builder.ts";
import { addRoute } from "../graph/chain.ts";
import { Graph } from "../graph/graph.ts";
import { keepSource, sourceOf } from "../graph/source.ts";
import type { Code } from "../graph/operator.ts";
import { viewOf } from "../graph/view_of.ts";
import { Plot, type PlotOptions } from "../plot/plot.ts";
import type { RouteArgs, RouteClass, Routes } from "../graph/routes.ts";
import type { Handler } from "../graph/step.ts";
import type { RouterStep } from "../routers/model_router.ts";

/**
 * A graph that is one router.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { type InferRequest, ModelServer, serving } from "levada";
 *
 * class Count extends ModelServer {
 *   predict({ inputs }: InferRequest): number[] {
 *     return [inputs.length];
 *   }
 * }
 *
 * const fn = serving("counting");
 * fn.setTopology("router").addRoute("rows", Count);
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual((await server.test("/v2/models/rows/infer", { inputs: [1, 2, 3] })).outputs, [3]);
 * ```
 */
export class RouterGraph implements Routes {
  readonly #graph: Graph;
  readonly #builder: GraphBuilder;
  readonly #step: string;

  /**
   * Made by `setTopology("router")`; with `isLasting`, no cell that runs again takes the router away. A name is of a router that the
   * builder has.
   */
  constructor(builder: GraphBuilder, router: RouterStep | string, options: { isLasting?: boolean } = {}) {
    this.#graph = new Graph(builder);
    this.#builder = builder;
    this.#step = typeof router === "string" ? router : addRouter(builder, router, options);
    keepSource(this, () => sourceOf(this.#graph));
  }

  /** Adds a model, task or function under a key; the same key again replaces it. */
  addRoute<Args extends object = object>(
    key: string,
    // deno-lint-ignore no-explicit-any -- a route's body is decided by the request
    model: RouteClass<Args> | Handler<any, unknown>,
    ...args: RouteArgs<Args>
  ): this {
    addRoute(this.#builder, this.#step, { key, model: model as Code, args: { ...args[0] } });
    return this;
  }

  /** Draws the router; in a notebook the picture shows by itself. */
  plot(options: PlotOptions = {}): Plot {
    return new Plot(viewOf(sourceOf(this)), options);
  }

  /** The router as data. */
  toJSON(): object {
    return this.#graph.toJSON();
  }

  /** Shows the picture when the router is the last value of a notebook cell. */
  [Symbol.for("Jupyter.display")](): Promise<Record<string, unknown>> {
    return this.plot().display();
  }
}

function addRouter(builder: GraphBuilder, router: RouterStep, options: { isLasting?: boolean }): string {
  const { name } = router.options;
  const step = builder.add(typeof name === "string" ? name : router.kind, router, {}, options).name;
  builder.respond(step, options);
  return step;
}
