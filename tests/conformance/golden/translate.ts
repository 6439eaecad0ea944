/** A case's `build` calls, made on Levada's public library. */

import { type AnyChain, type AnyFunction, type AnyGraph, callMethod, maker, serving } from "./facade.ts";
import type { BuildCall, GoldenCase } from "./golden_case.ts";
import { classOf, handlerOf } from "./meanings.ts";
import { type AnyStepOf, modelRunner, type RunnerCall, unrecordedStep } from "./model_runner.ts";
import { apiOptions } from "./api_options.ts";
import { Needs } from "./needs.ts";
import { defaultOptions, readyStep } from "./ready_steps.ts";
import { recorded } from "./recorded.ts";
import { isRecord } from "./special.ts";
import { lastStep } from "./walk.ts";
import { camel, classArgs, defaultName, modelArgs, stepOptions, take, trackingOptions, wordsOf } from "./words.ts";

/** A case's function, built. */
export interface Built {
  readonly fn: AnyFunction;
  readonly graph: AnyGraph | undefined;
  /** Which routes were asked, in order; emptied by whoever reads it. */
  readonly routesRun: string[];
  /** The step that the last `error_handler` call gave back. */
  readonly returned: string | undefined;
}

/** A call of `build` that the library refused. */
export class BuildRefusal extends Error {
  override readonly name = "BuildRefusal";
  readonly op: number;

  constructor(op: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.op = op;
  }
}

/** Settings that are read elsewhere. Generators stream by themselves here, as in MLRun's mock server, also without being asked for. */
const FUNCTION_KNOWN = ["default_content_type", "error_stream", "load_mode", "streaming"];

/** The limits of a flow. */
const LIMITS: Readonly<Record<string, string>> = { allow_cyclic: "allowCycles", max_iterations: "maxIterations" };

/**
 * Builds a case's function.
 *
 * @throws {Needs} If the case uses what the library or the translator lacks.
 * @throws {BuildRefusal} If the library refuses a call.
 */
export function build(given: GoldenCase): Built {
  return new Translator(given).build();
}

class Translator {
  readonly #case: GoldenCase;
  readonly #fn: AnyFunction;
  readonly #chains = new Map<string, AnyChain>();
  readonly #handlers = new Map<string, string>();
  readonly #routesRun: string[] = [];
  #graph: AnyGraph | undefined;
  #returned: string | undefined;

  constructor(given: GoldenCase) {
    this.#case = given;
    const type = given.function?.default_content_type;
    this.#fn = serving("golden", type === undefined ? {} : { defaultContentType: type });
  }

  build(): Built {
    this.#setFunction();
    const calls = this.#case.graph?.build ?? [];
    for (const [op, call] of calls.entries()) {
      try {
        for (const one of repeated(call)) this.#call(one);
      } catch (error) {
        throw error instanceof Needs ? error : new BuildRefusal(op, error);
      }
    }
    const unrecorded = unrecordedStep(this.#case);
    if (unrecorded !== undefined) this.#addChain(this.#flow(), unrecorded);
    if (this.#graph === undefined && this.#case.graph?.topology === "flow") this.#flow();
    if (this.#case.graph?.engine === "sync") this.#respondAtEnd();
    return { fn: this.#fn, graph: this.#graph, routesRun: this.#routesRun, returned: this.#returned };
  }

  #setFunction(): void {
    const { parameters, api_handler_config: api, ...rest } = this.#case.function ?? {};
    const unknown = Object.keys(rest).find((key) => !FUNCTION_KNOWN.includes(key));
    if (unknown !== undefined) throw new Needs(`the function's ${unknown}`);
    if (isRecord(api)) callMethod(this.#fn, "setApi", apiOptions(api));
    for (const [name, value] of Object.entries(parameters ?? {})) this.#fn.setParam(name, value);
    if (this.#case.checks?.some(({ what }) => what === "deploy()") === true) return; // MLRun's mock server makes up functions, deploy() does not
    const steps = this.#case.graph?.steps ?? [];
    const children = new Set([...steps.map((step) => step.function), ...this.#functionsNamed()]);
    for (const child of children) if (child !== undefined && child !== "") this.#fn.addChildFunction(child);
  }

  #functionsNamed(): (string | undefined)[] {
    return (this.#case.graph?.build ?? []).map((call) => call.with?.function as string | undefined);
  }

  #call({ on, call, args = [], with: given = {}, set, value }: BuildCall): void {
    if (call === undefined) return this.#set(on, set ?? "", value);
    const words = wordsOf(call, args, given);
    switch (call) {
      case "set_topology":
        return this.#setTopology(words);
      case "to":
        return this.#to(on, words);
      case "add_step":
        return this.#addStep(words);
      case "add_model":
      case "add_route":
        return this.#addRoute(on, words);
      case "error_handler":
        return this.#errorHandler(on, words);
      case "respond":
        if (this.#case.graph?.engine !== "sync") this.#step(on).respond();
        return;
      case "set_flow":
        return this.#setFlow(words);
      case "set_tracking":
        callMethod(this.#fn, "setTracking", args[0], trackingOptions(words));
        return;
      case "set_streaming":
        return; // see #setFunction
      case "after_step":
        this.#step(on).afterStep(String(words.get("after")));
        return;
      case "cycle_to":
        for (const target of [args[0]].flat()) callMethod(this.#step(on), "cycleTo", target);
        return;
      default:
        callMethod(on === "function" ? this.#fn : on === "graph" ? this.#flow() : this.#step(on), camel(call), ...args);
    }
  }

  #set(on: string, key: string, value: unknown): void {
    const limit = LIMITS[key];
    if (on === "graph" && limit !== undefined && this.#graph === undefined) {
      this.#graph = this.#fn.setTopology("flow", { [limit]: value }); // Levada takes a graph's limits where it is made
    } else if (key === "on_error") this.#step(on).errorHandler(String(value));
    else if (key === "after") this.#step(on).afterStep(...(value as string[]));
    else throw new Needs(`setting ${key} of a step`);
  }

  #setTopology(words: Map<string, unknown>): void {
    const topology = String(take(words, "topology"));
    const engine = take(words, "engine");
    if (topology === "flow") {
      const limits = Object.entries(LIMITS).map(([word, limit]) => [limit, take(words, word)] as const);
      const given = limits.filter(([, value]) => value !== undefined);
      if (given.length > 0) {
        this.#graph = this.#fn.setTopology(topology, Object.fromEntries(given));
        return;
      }
    } else if (engine !== undefined) throw new Needs(`the engine of a ${topology}`);
    const name = take(words, "class_name");
    const protocol = take(words, "protocol");
    const router = protocol !== undefined
      ? maker("modelRouter")({ prefix: `/${protocol}` })
      : typeof name === "string"
      ? this.#readyOrClass(name, words, true)
      : undefined;
    for (const word of words.keys()) if (word !== "name") throw new Needs(`${word} of a ${topology}`);
    this.#graph = router === undefined ? this.#fn.setTopology(topology) : this.#fn.setTopology(topology, router);
  }

  #to(on: string, words: Map<string, unknown>): void {
    this.#addChain(on === "graph" ? this.#flow() : this.#step(on), this.#stepOf(words));
  }

  #addChain(before: AnyGraph | AnyChain, { name, step, options, models = [] }: AnyStepOf): void {
    const chain = before.to(name, step, options);
    for (const { key, model, args } of models) this.#addTo(chain, key, { route: model, args });
    this.#remember(chain);
  }

  #addStep(words: Map<string, unknown>): void {
    const { name, step, options } = this.#stepOf(words);
    this.#remember(this.#flow().addStep(name, step, options));
  }

  #errorHandler(on: string, words: Map<string, unknown>): void {
    const target = on === "graph" ? this.#flow() : this.#step(on);
    const name = words.get("name");
    const definition = JSON.stringify([...words]);
    const isByName = !words.has("handler") && !words.has("class_name");
    // A handler that several steps share is written once and named by the others.
    if (isByName || (typeof name === "string" && this.#handlers.get(name) === definition)) {
      this.#note(target.errorHandler(String(name)));
      return;
    }
    const { name: handler, step, options } = this.#stepOf(words);
    this.#handlers.set(handler, definition);
    this.#note(target.errorHandler(handler, step, options));
  }

  #note(returned: AnyChain | AnyGraph): void {
    this.#returned = "name" in returned ? returned.name : undefined;
  }

  #addRoute(on: string, words: Map<string, unknown>): void {
    const key = String(take(words, "key"));
    const route = recorded(this.#routeOf(words), () => this.#routesRun.push(key));
    const args = {
      ...modelArgs(words),
      ...(this.#case.function?.load_mode === "async" ? { loading: "background" } : {}),
    };
    if (on === "function" && this.#graph === undefined) this.#fn.addModel(key, route, args);
    else if (on === "function") this.#routerFor(words).addRoute!(key, route, args);
    else if (on === "graph") this.#addTo(this.#flow(), key, { route, args });
    else this.#addTo(this.#step(on), key, { route, args });
  }

  /** MLRun's `fn.add_model` finds the one router of a flow; Levada's asks to name the router. */
  #routerFor(words: Map<string, unknown>): AnyGraph | AnyChain {
    const given = take(words, "router_step");
    if (this.#case.graph?.topology === "router") return this.#flow();
    const routers = [...this.#chains.values()].filter((chain) => chain.addRoute !== undefined);
    const router = typeof given === "string" ? this.#step(given) : routers.length === 1 ? routers[0] : undefined;
    if (router?.addRoute !== undefined) return router;
    return {
      addRoute: (key: string, model: unknown, args: object) => this.#fn.addModel(key, model, { ...args }),
    } as AnyGraph;
  }

  #addTo(
    target: AnyGraph | AnyChain,
    key: string,
    { route, args }: { route: unknown; args: Record<string, unknown> },
  ): void {
    if (target.addRoute === undefined) throw new TypeError(`Cannot add route "${key}": this step is no router`);
    target.addRoute(key, route, args);
  }

  #routeOf(words: Map<string, unknown>): unknown {
    const name = take(words, "class_name");
    const handler = take(words, "handler");
    if (typeof name === "string") return this.#readyOrClass(name, words, true, handler as string | undefined);
    return typeof handler === "string" ? handlerOf(handler) : take(words, "route");
  }

  #setFlow(words: Map<string, unknown>): void {
    const steps = words.get("steps") as Record<string, unknown>[];
    const items = steps.map((item) => {
      const { name, step, options } = this.#stepOf(new Map(Object.entries(item)));
      return { name, step, ...options };
    });
    this.#flow().setFlow(items, words.has("force") ? { force: words.get("force") } : {});
    for (const { name } of items) this.#remember(this.#flow().step(name));
  }

  /** The name, the step and its options that MLRun's words for a step mean. */
  #stepOf(words: Map<string, unknown>): AnyStepOf {
    const className = take(words, "class_name");
    const handler = take(words, "handler") as string | undefined;
    const name = String(take(words, "name") ?? defaultName(className, handler));
    const options = stepOptions(words);
    if (isRecord(className) && "$model_runner" in className) return modelRunner(className.$model_runner as RunnerCall);
    if (isRecord(className)) throw new Needs(Object.keys(className).join(", "));
    const step = typeof className === "string"
      ? this.#readyOrClass(className, words, this.#isTerminal(name), handler)
      : handler === undefined
      ? undefined
      : handlerOf(handler);
    return {
      name,
      step,
      options: { ...defaultOptions(className, this.#hasResponder), ...options, ...classArgs(words) },
    };
  }

  #readyOrClass(name: string, words: Map<string, unknown>, isTerminal: boolean, method?: string): unknown {
    return readyStep(name, words, isTerminal) ?? classOf(name, method);
  }

  get #hasResponder(): boolean {
    return (this.#case.graph?.build ?? []).some(({ call }) => call === "respond");
  }

  #isTerminal(name: string): boolean {
    const steps = this.#case.graph?.steps;
    if (steps === undefined) return !(this.#case.graph?.build ?? []).some((call) => call.on === name);
    return !steps.some((step) => step.after?.includes(name));
  }

  /** MLRun's synchronous engine answers with what its last step gives; ours is told so. */
  #respondAtEnd(): void {
    const last = lastStep(this.#case);
    if (last !== undefined) this.#chains.get(last)?.respond();
  }

  #flow(): AnyGraph {
    return this.#graph ??= this.#fn.setTopology("flow");
  }

  #remember(chain: AnyChain): void {
    this.#chains.set(chain.name, chain);
  }

  #step(name: string): AnyChain {
    return this.#chains.get(name) ?? this.#flow().step(name);
  }
}

/** A call that is made several times: `{i}` in its arguments is which time. */
function* repeated({ repeat, ...call }: BuildCall): Generator<BuildCall> {
  if (repeat === undefined) return yield call;
  for (let index = 0; index < repeat; index++) {
    yield { ...call, args: call.args?.map((argument) => String(argument).replace("{i}", String(index))) ?? [] };
  }
}
