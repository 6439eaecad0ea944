import type { AddedStep, GraphBuilder } from "./builder.ts";
import type { Catcher, CatcherOptions } from "./handler.ts";
import type { Code } from "./operator.ts";
import type { Routes, RoutesOf } from "./routes.ts";
import type { Options, Step } from "./step.ts";
import type { Given, Result, Served, Text } from "./typing.ts";

/**
 * The end of a chain: an unchanging handle on one or several steps of a graph, whose next step takes `Body`.
 *
 * @example Two branches of one step
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { merge, serving } from "levada";
 *
 * const fn = serving("branches");
 * const graph = fn.setTopology("flow");
 * const start = graph.to("start", (n: number) => n); // a handle: called twice, `to` fans out
 * const [double, square] = [start.to("double", (n) => n * 2), start.to("square", (n) => n * n)];
 * graph.after(double, square).to("both", merge()).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", 3), [6, 9]);
 * ```
 */
export class Chain<Input, Body, Reply = unknown> implements Served<Input, Body> {
  /** For the compiler only. */
  declare readonly "~input"?: Input | undefined;
  /** For the compiler only. */
  declare readonly "~reply"?: Body | undefined;
  readonly #builder: GraphBuilder;
  readonly #from: string | readonly string[];

  /** Made by `to` and `addStep`. */
  constructor(builder: GraphBuilder, from: string | readonly string[]) {
    this.#builder = builder;
    this.#from = from;
  }

  /** The step that this is the handle of. */
  get name(): string {
    return this.#one("name");
  }

  /** Adds a step behind this one; called twice, it fans out. */
  to<
    Out,
    Args extends object = object,
    const Path extends Text = undefined,
    const From extends Text = undefined,
    Full extends boolean = false,
    More = unknown,
  >(
    name: string,
    step: Step<Given<Body, From, Full>, Out, Args, More, Body>,
    ...options: Options<NoInfer<Args>, Path, From, Full>
  ): Chain<Input, Result<Body, Path, Out>, Reply> & RoutesOf<More> {
    const added = this.#builder.add(name, step, { ...(options[0] as Record<string, unknown>), after: this.#from });
    // deno-lint-ignore no-explicit-any -- the signature above says what the chain is
    return chainOf(this.#builder, added) as any;
  }

  /** The caller's answer is this step's result; steps behind it go on. */
  respond(this: this & Served<unknown, Reply>): this {
    this.#builder.respond(this.#one("respond"));
    return this;
  }

  /** Sends this step's failures to a step: named (it may be added later) or given here. */
  errorHandler<Args extends object = object, Full extends boolean = false>(
    name: string,
    step?: Catcher<Args, Full>,
    options?: CatcherOptions<Args, Full>,
  ): this {
    this.#builder.handle(this.#one("errorHandler"), name, step, options as Record<string, unknown>);
    return this;
  }

  /** Runs this step behind these as well. */
  afterStep(...names: string[]): this {
    this.#builder.linkAfter(this.#one("afterStep"), names);
    return this;
  }

  /** Sends this step's results back to an earlier step; the graph has to say `allowCycles`. */
  cycleTo(name: string): this {
    this.#builder.cycle(this.#one("cycleTo"), [name]);
    return this;
  }

  #one(wish: string): string {
    if (typeof this.#from === "string") return this.#from;
    throw new TypeError(`Cannot ask ${wish} of ${this.#from.join(" and ")} together: call .to(name, step) first`);
  }
}

/** The end of a chain whose step takes routes. */
class RouterChain extends Chain<unknown, unknown> implements Routes {
  readonly #routes: (key: string, model: Code, args: Readonly<Record<string, unknown>>) => void;

  constructor(builder: GraphBuilder, name: string) {
    super(builder, name);
    this.#routes = (key, model, args) => addRoute(builder, name, { key, model, args });
  }

  addRoute(key: string, model: Code, args: Readonly<Record<string, unknown>> = {}): this {
    this.#routes(key, model, args);
    return this;
  }
}

/** The handle of a step. */
export function chainOf(builder: GraphBuilder, { name, takesRoutes }: AddedStep): Chain<unknown, unknown> {
  return takesRoutes ? new RouterChain(builder, name) : new Chain(builder, name);
}

/** Adds a route to a step that takes routes. */
export function addRoute(builder: GraphBuilder, step: string, given: RouteGiven): void {
  const { key, model } = given;
  const { function: fn, ...args } = given.args;
  if (typeof model !== "function") {
    throw new TypeError(
      `Cannot add route "${key}" to step "${step}": a route is a model class, a task class or a function, not ${typeof model}`,
    );
  }
  builder.route(step, { key, model, args, function: fn as string | undefined });
}

interface RouteGiven {
  readonly key: string;
  readonly model: Code;
  readonly args: Readonly<Record<string, unknown>>;
}
