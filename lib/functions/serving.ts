import { GraphError } from "../errors.ts";
import { type Flow, start } from "../flow/flow.ts";
import { consoleLog } from "../flow/surroundings.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { CellJournal } from "../graph/cell.ts";
import type { Chain } from "../graph/chain.ts";
import { compile, type Plan } from "../graph/compile.ts";
import type { Clock } from "../graph/clock.ts";
import type { Log } from "../graph/context.ts";
import type { FlowEvent } from "../graph/event.ts";
import { Graph, type GraphOptions } from "../graph/graph.ts";
import type { FlowLimits } from "../graph/limits.ts";
import { sourceOf } from "../graph/source.ts";
import type { Plot, PlotOptions } from "../graph/plot.ts";
import type { Schema } from "../graph/schema.ts";
import type { Handler, Options, Step } from "../graph/step.ts";
import type { RouteArgs, RouteClass, RoutesOf } from "../graph/routes.ts";
import type { Given, Result, Text } from "../graph/typing.ts";
import type { ModelArgs } from "../models/model_server.ts";
import { modelRouter, type RouterStep } from "../routers/model_router.ts";
import { MockServer } from "../serve/mock_server.ts";
import { RouterGraph } from "./router_graph.ts";

/** What a function or a child needs where it runs. */
export interface FunctionOptions {
  /** Packages that its code imports, `npm:wink-nlp@2.4.0`. */
  dependencies?: readonly string[];
  /** Environment variables. */
  env?: Readonly<Record<string, string>>;
  /** How a body is read that comes without a content type, `application/json`. Default: as JSON where it can be, else as text or bytes. */
  defaultContentType?: string;
  /** Cores, memory (`2Gi`), and graphics cards. */
  resources?: { cpu?: number | string; memory?: string; gpu?: number };
}

/** A flow whose first step says what it takes. */
// deno-lint-ignore no-explicit-any -- the graph takes what its first step says
export interface OpenGraph extends Omit<Graph<any>, "to"> {
  /** Adds a start step; called twice, every start step gets each event. */
  to<
    In,
    Out,
    Args extends object = object,
    const Path extends Text = undefined,
    const From extends Text = undefined,
    Full extends boolean = false,
    More = unknown,
  >(
    name: string,
    step: Step<Given<In, From, Full>, Out, Args, More, In>,
    ...options: Options<NoInfer<Args>, Path, From, Full>
  ): Chain<In, Result<In, Path, Out>> & RoutesOf<More>;
}

/** Where a mock server runs a function, and who watches. */
export interface MockOptions {
  /** `*`, the default, runs the function and all its children; a name runs that child; `""` the function without children. */
  currentFunction?: string;
  /** Told of each step that an event enters. */
  observe?: (step: string, event: FlowEvent) => void;
  /** Where steps and the flow write their log lines; default: the console. */
  log?: Log;
  /** The time that the flow goes by; default: the machine's. */
  clock?: Clock;
}

/** One deployable service: a graph or a router, with its children. */
export class ServingFunction {
  /** What it is called where it is deployed. */
  readonly name: string;
  /** What it needs where it runs. */
  readonly options: FunctionOptions;
  readonly #journal = new CellJournal();
  readonly #children = new Map<string, FunctionOptions>();
  readonly #params = new Map<string, unknown>();
  readonly #defaultModel: RouteClass<ModelArgs> | undefined;
  #topology: Graph | RouterGraph | undefined;

  /** Made by `serving` and `importFunction`. */
  constructor(name: string, options: FunctionOptions = {}, defaultModel?: RouteClass<ModelArgs>) {
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`Cannot make a function without a name: serving("name")`);
    }
    this.name = name;
    this.options = options;
    this.#defaultModel = defaultModel;
  }

  /** A flow that checks each request by schema; the schemas type its first step and its responder. */
  setTopology<Input, Reply = unknown>(
    topology: "flow",
    schemas: GraphOptions<Input, Reply> & { input: Schema<Input> },
  ): Graph<Input, Reply>;
  /** A flow whose first step says what it takes. */
  setTopology(topology: "flow", limits?: FlowLimits): OpenGraph;
  /** A router alone: `modelRouter()` unless another is given. */
  setTopology(topology: "router", router?: RouterStep): RouterGraph;
  setTopology(topology: "flow" | "router", given?: unknown): unknown {
    this.#journal.takeBack();
    if (this.#topology !== undefined) {
      throw new Error(
        `Cannot set the topology of function "${this.name}" to ${topology}: it has one already. Make another function`,
      );
    }
    const builder = new GraphBuilder(this.name);
    switch (topology) {
      case "flow":
        this.#topology = new Graph(builder, given as GraphOptions | undefined);
        break;
      case "router":
        this.#topology = new RouterGraph(builder, given as RouterStep | undefined ?? modelRouter());
        break;
      default:
        throw new RangeError(
          `Cannot set the topology of function "${this.name}" to "${topology}": there are "flow" and "router"`,
        );
    }
    this.#journal.note(() => this.#topology = undefined);
    return this.#topology;
  }

  /** Adds a model of the function's own class, as `importFunction` brings it. */
  addModel(key: string, args: ModelArgs): this;
  /** Adds a model to the router; without a topology, a model router is made. */
  addModel<Args extends object = object>(
    key: string,
    // deno-lint-ignore no-explicit-any -- a route's body is decided by the request
    model: RouteClass<Args> | Handler<any, unknown>,
    ...args: RouteArgs<Args>
  ): this;
  addModel(key: string, model: unknown, args?: unknown): this {
    this.#topology ??= this.setTopology("router");
    if (!(this.#topology instanceof RouterGraph)) {
      throw new TypeError(
        `Cannot add model "${key}" to function "${this.name}": it is a flow. Add it to a router step: step.addRoute("${key}", …)`,
      );
    }
    const Model = typeof model === "function" ? model : this.#defaultModel;
    if (Model === undefined) {
      throw new TypeError(
        `Cannot add model "${key}" to function "${this.name}": it has no class of its own. Give one: addModel("${key}", Model, { … })`,
      );
    }
    this.#topology.addRoute(key, Model as RouteClass<object>, (typeof model === "function" ? args : model) as object);
    return this;
  }

  /** Declares the function that steps with `{ function: name }` run in. */
  addChildFunction(name: string, options: FunctionOptions = {}): this {
    this.#journal.takeBack();
    this.#children.set(name, options);
    this.#journal.note(() => this.#children.delete(name));
    return this;
  }

  /** Sets what `context.param` and a model's `param` read. */
  setParam(name: string, value: unknown): this {
    this.#params.set(name, value);
    return this;
  }

  /**
   * Runs the graph in this program, without a server. Close it by `await using`, or by `close()`.
   *
   * @throws {GraphError} With everything that is wrong with the graph.
   */
  async start(options: Pick<MockOptions, "clock" | "log"> = {}): Promise<Flow> {
    return await this.#start(this.#compile("*"), { isMock: false, ...options });
  }

  /**
   * Runs the whole function, children included, by production's request path without its socket.
   *
   * @throws {GraphError} With everything that is wrong with the graph.
   */
  async toMockServer({ currentFunction = "*", ...options }: MockOptions = {}): Promise<MockServer> {
    const flow = await this.#start(this.#compile(currentFunction), { isMock: true, ...options });
    return new MockServer(flow, this.#children.get(currentFunction) ?? this.options);
  }

  /**
   * Draws the function's graph; in a notebook the picture shows by itself.
   *
   * @throws {GraphError} If it has none yet.
   */
  plot(options: PlotOptions = {}): Plot {
    return this.#graph("plot").plot(options);
  }

  /** The function as data: its graph, its children, its parameters. */
  toJSON(): object {
    return {
      levada: "function/1",
      name: this.name,
      topology: this.#topology instanceof RouterGraph ? "router" : "flow",
      graph: this.#topology?.toJSON(),
      options: this.options,
      children: Object.fromEntries(this.#children),
      params: Object.fromEntries(this.#params),
    };
  }

  #start(
    plan: Plan,
    { isMock, log = consoleLog(), clock, ...rest }: Omit<MockOptions, "currentFunction"> & { isMock: boolean },
  ): Promise<Flow> {
    return start(plan, {
      ...rest,
      surroundings: { isMock, params: this.#params, log, ...(clock === undefined ? {} : { clock }) },
    });
  }

  #compile(currentFunction: string): Plan {
    return compile(sourceOf(this.#graph("run")), { functions: [...this.#children.keys()], currentFunction });
  }

  #graph(wish: string): Graph | RouterGraph {
    if (this.#topology !== undefined) return this.#topology;
    throw new GraphError(`${wish} function "${this.name}"`, [{
      cause: "it has no graph",
      cure: `Make one: fn.setTopology("flow").to("name", (body) => body).respond()`,
      severity: "error",
    }]);
  }
}

/**
 * Makes a function: one deployable service.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { serving } from "levada";
 *
 * const fn = serving("greeter");
 * fn.setTopology("flow").to("greet", (name: string) => `Hello, ${name}`).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", "Ana"), "Hello, Ana");
 * ```
 */
export function serving(name: string, options: FunctionOptions = {}): ServingFunction {
  return new ServingFunction(name, options);
}
