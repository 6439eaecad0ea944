import type { Flow } from "../flow/flow.ts";
import type { TableRows } from "../flow/memory_table.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { compile, type Plan } from "../graph/compile.ts";
import { Graph, type GraphOptions } from "../graph/graph.ts";
import type { KeyedTable } from "../graph/keyed_table.ts";
import type { FlowLimits } from "../graph/limits.ts";
import { sourceOf } from "../graph/source.ts";
import type { Plot, PlotOptions } from "../plot/plot.ts";
import type { Schema } from "../graph/schema.ts";
import type { Handler } from "../graph/step.ts";
import type { RouteArgs, RouteClass } from "../graph/routes.ts";
import type { ModelArgs } from "../models/model_server.ts";
import { modelRouter, type RouterStep } from "../routers/model_router.ts";
import { checkedApi } from "../serve/api/checked_api.ts";
import type { ApiOptions } from "../serve/api/api_options.ts";
import type { HttpServer } from "../serve/port/listen.ts";
import { MockServer } from "../serve/mock_server.ts";
import type { Deployment } from "../deploy/deployment.ts";
import { deployFunction, type DeployFunctionOptions, type DeployMethod } from "./deploy_function.ts";
import type { FunctionOptions, MockOptions, ServeOptions } from "./function_options.ts";
import type { SlicedModule } from "../bundle/sliced_module.ts";
import { addModelTo } from "./add_model.ts";
import { type DocumentOptions, toldOf } from "./function_document.ts";
import { functionSecrets } from "./function_secrets.ts";
import { FunctionParts } from "./function_parts.ts";
import { sliceFunction } from "./slice_function.ts";
import type { OpenGraph } from "./open_graph.ts";
import { type TrackingOptions, trackingSettings } from "../monitoring/tracking_options.ts";
import type { Trigger } from "../triggers/trigger.ts";
import { partOf } from "./parts_of.ts";
import { RouterGraph } from "./router_graph.ts";
import { serveUnit } from "./serve_unit.ts";
import { startFunction } from "./start_function.ts";
import { tellWarnings } from "./warnings.ts";
import { keepUnit, unitOf } from "./unit.ts";

/**
 * One deployable service: a graph or a router, with its children.
 *
 * @example A parameter, and a child behind a queue
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { queue, serving } from "levada";
 *
 * const seen: number[] = [];
 * const fn = serving("orders").setParam("vat", 0.22).addChildFunction("billing");
 * fn.setTopology("flow")
 *   .to("total", (price: number, context) => price * (1 + context.param<number>("vat"))).respond()
 *   .to("q", queue({ path: "memory://totals" }))
 *   .to("bill", (total: number) => void seen.push(total), { function: "billing" });
 *
 * const server = await fn.toMockServer(); // the function and its children, in this process
 * deepStrictEqual(await server.test("/", 100), 122);
 * await server.waitForCompletion();
 * deepStrictEqual(seen, [122]);
 * ```
 */
export class ServingFunction {
  /** What it is called where it is deployed. */
  readonly name: string;
  /** What it needs where it runs. */
  readonly options: FunctionOptions;
  readonly #parts = new FunctionParts();
  readonly #builders: Readonly<Record<"flow" | "router", GraphBuilder>>;
  #deployment: Deployment | undefined;
  readonly #defaultModel: RouteClass<ModelArgs> | undefined;

  /** Made by `serving` and `importFunction`. */
  constructor(name: string, options: FunctionOptions = {}, defaultModel?: RouteClass<ModelArgs>) {
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`Cannot make a function without a name: serving("name")`);
    }
    this.name = name;
    this.options = options;
    this.#builders = { flow: new GraphBuilder(name), router: new GraphBuilder(name) };
    this.#defaultModel = defaultModel;
    keepUnit(this, {
      name,
      params: () => this.#parts.params,
      tables: () => this.#parts.tables,
      children: () => [...this.#parts.children.keys()],
      place: (child) => this.#parts.children.get(child) ?? this.options,
      triggers: () => this.#parts.triggers,
      tracking: () => this.#parts.tracking,
      source: () => sourceOf(this.#parts.graph(`run function "${this.name}"`)),
    });
  }

  /**
   * Makes the function that `toJSON` told. `code` holds what its graph refers to, by ref.
   * @throws {GraphError | TypeError} If the document is none, or refers to what is not there.
   */
  static fromJSON(document: unknown, code: ReadonlyMap<string, unknown>, options?: DocumentOptions): ServingFunction {
    const { name, place, told, tables } = toldOf(document, code, options);
    const fn = new ServingFunction(name, place);
    fn.#parts.addAll(told, tables);
    return fn;
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
    this.#parts.checkTopology(this.name, topology, given);
    const graph = topology === "flow"
      ? new Graph(this.#builders.flow, given as GraphOptions | undefined ?? {})
      : new RouterGraph(this.#builders.router, given as RouterStep | undefined ?? modelRouter());
    this.#parts.add({ kind: "topology", graph });
    return graph;
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
    const router = this.#parts.topology ?? this.#parts.addRouter(this.#builders.router);
    addModelTo(router, key, { fn: this.name, model, args, defaultModel: this.#defaultModel });
    return this;
  }

  /** Declares the function that steps with `{ function: name }` run in. */
  addChildFunction(name: string, options: FunctionOptions = {}): this {
    this.#parts.addChild(this.name, name, options);
    return this;
  }

  /** Sets what `context.param` and a model's `param` read. */
  setParam(name: string, value: unknown): this {
    this.#parts.add({ kind: "param", name, value });
    return this;
  }

  /**
   * Keeps a record of what each model is asked and answers, or fails with: for model monitoring, with MLRun's names. A record holds inputs
   * and outputs, and nothing else of a request; headers and parameters, where secrets stand, are in none. Writing is never waited for.
   *
   * @param path A file, which gets a line of JSON a record, and which only its owner may read; or the URL of a stream, `memory://records`.
   * What cannot be written stops the start.
   * @throws {TypeError | RangeError} If there is no path, or a number is out of its range.
   */
  setTracking(path: string, options: TrackingOptions = {}): this {
    this.#parts.add({ kind: "tracking", settings: trackingSettings(path, options) });
    return this;
  }

  /**
   * Says which paths the function answers, and what its steps get of them by name (`context.given`). All other paths are 404.
   *
   * @throws {TypeError | SyntaxError} If an endpoint is not what it should be, or two are the same.
   */
  setApi(options: ApiOptions): this {
    this.#parts.add({ kind: "api", options: checkedApi(options) });
    return this;
  }

  /**
   * Adds what starts the function by itself: a stream, or a schedule, each with a name of its own. Its events go where requests go; what
   * fails is tried again, then a dead letter. It holds where the function is served and deployed, on the test bench, and in a mock server
   * with `triggers: true`.
   * @throws {TypeError} With everything that is wrong with it.
   */
  addTrigger(name: string, trigger: Trigger): this {
    this.#parts.addTrigger(this.name, name, trigger);
    return this;
  }

  /**
   * Hands in a table, which steps get by `context.table(name)` and `joinWithTable(name)`. Each time the function starts, the table has
   * the rows that are given here; a table of one's own, made by `memoryTable` or another keeper of rows, stays as steps leave it.
   * Where tables are handed in, a step that reads one that is neither among them nor filled by a ready step is told of in the log.
   *
   * @param rows A list of rows with `{ key: "field" }`; an object or a map of rows by key; or a table.
   * @throws {TypeError} If a row is no object, or has no key.
   */
  addTable(name: string, rows: TableRows | KeyedTable, options: { key?: string } = {}): this {
    this.#parts.addTable(name, rows, options);
    return this;
  }

  /**
   * Runs the graph in this program, without a server and without triggers. Close it by `await using`, or by `close()`.
   *
   * @throws {GraphError} With everything that is wrong with the graph.
   */
  async start(
    options: Pick<MockOptions, "clock" | "errorStream" | "log" | "queues" | "telemetry"> = {},
  ): Promise<Flow> {
    const plan = this.#compile("*");
    tellWarnings(plan.warnings.filter(({ step }) => step !== undefined), options.log); // the one without is for HTTP
    const unit = unitOf(this);
    return (await startFunction(unit, partOf(unit, { name: "*", plan }), { isMock: false, ...options })).flow;
  }

  /**
   * Runs the whole function, children included, by production's request path without its socket.
   *
   * @throws {GraphError} With everything that is wrong with the graph.
   */
  async toMockServer({ currentFunction = "*", ...options }: MockOptions = {}): Promise<MockServer> {
    const plan = this.#compile(currentFunction);
    tellWarnings(plan.warnings, options.log);
    const unit = unitOf(this);
    const part = partOf(unit, { name: currentFunction, plan });
    const { flow, worker, monitor } = await startFunction(unit, part, { isMock: true, ...options });
    const { telemetry } = options;
    const { defaultContentType } = this.#parts.children.get(currentFunction) ?? this.options;
    const { api } = this.#parts;
    return new MockServer(flow, { defaultContentType, monitor, telemetry, name: this.name, api, worker });
  }

  /**
   * Serves the function over HTTP, by the mock server's path, once its models are loaded that do not load in the background.
   *
   * @throws {ListenError} If the port is not to be had; before anything is loaded.
   *
   * @example On a free port, for as long as the block lasts
   * ```ts
   * import { deepStrictEqual } from "node:assert/strict";
   * import { serving } from "levada";
   *
   * const fn = serving("doubles");
   * fn.setTopology("flow").to("double", (n: number) => 2 * n).respond();
   *
   * await using server = await fn.serve({ port: 0 });
   * const response = await fetch(server.url, { method: "POST", body: "21" });
   * deepStrictEqual(await response.json(), 42);
   * ```
   */
  async serve(options: ServeOptions = {}): Promise<HttpServer> {
    return await serveUnit(unitOf(this), {
      options,
      api: this.#parts.api,
      compile: (current) => this.#compile(current),
    });
  }

  /** Draws the function's graph; in a notebook the picture shows by itself. @throws {GraphError} If it has none yet. */
  plot(options: PlotOptions = {}): Plot {
    return this.#parts.graph(`plot function "${this.name}"`).plot(options);
  }

  /** The function as data: its graph, its children, its parameters, its API, and how its models are tracked. */
  toJSON(): object {
    return { levada: "function/1", name: this.name, ...this.#parts.toJSON(this.options) };
  }

  /**
   * The module that this function of a notebook leaves as: what its steps use, and nothing else of the notebook.
   * @throws {BundleError} With everything that cannot leave, each with a cure; in another kernel than Levada's.
   */
  async code(): Promise<SlicedModule> {
    return await sliceFunction(this, this.#parts);
  }

  /**
   * Has the function run where it stays: one server for it and one for each child, joined by real streams. What ran before runs until the new
   * is ready. In a module, say which: `deploy({ module: import.meta.url })`.
   *
   * @throws {BundleError | DeployError} If it cannot leave, or does not start; what ran runs on.
   */
  get deploy(): DeployMethod {
    return async (options: DeployFunctionOptions = {}) => this.#deployment = await deployFunction(this, options);
  }

  /**
   * Asks the function where `deploy` has put it: with a body by POST, else by GET.
   *
   * @throws {TypeError} Before it was deployed.
   */
  // deno-lint-ignore no-explicit-any -- the reply is what the graph's steps make of it
  async invoke<Reply = any>(path: string, ...body: [body?: unknown]): Promise<Reply> {
    if (this.#deployment !== undefined) return await this.#deployment.invoke<Reply>(path, ...body);
    throw new TypeError(`Cannot invoke function "${this.name}": await fn.deploy() first`);
  }

  #compile(currentFunction: string): Plan {
    const functions = [...this.#parts.children.keys()];
    const plan = compile(sourceOf(this.#parts.graph(`run function "${this.name}"`)), { functions, currentFunction });
    return { ...plan, warnings: [...plan.warnings, ...functionSecrets(this.options, this.#parts)] };
  }
}

/** Makes a function: one deployable service, see `ServingFunction`. */
export function serving(name: string, options: FunctionOptions = {}): ServingFunction {
  return new ServingFunction(name, options);
}
