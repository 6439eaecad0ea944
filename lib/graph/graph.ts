import { type AddedStep, type FlowItem, GraphBuilder, type Place } from "./builder.ts";
import { Chain, chainOf } from "./chain.ts";
import { codeOf, toDocument } from "./document.ts";
import { type Catalogue, fromDocument } from "./from_document.ts";
import type { Catcher, CatcherOptions } from "./handler.ts";
import { type FlowLimits, limitsOf } from "./limits.ts";
import type { Code } from "./operator.ts";
import { Plot, type PlotOptions } from "../plot/plot.ts";
import type { RoutesOf } from "./routes.ts";
import type { Schema } from "./schema.ts";
import { keepSource, sourceOf } from "./source.ts";
import type { Options, Step } from "./step.ts";
import type { Given, Result, Served, Text } from "./typing.ts";
import { viewOf } from "./view_of.ts";

/** What a graph may declare of itself. */
export interface GraphOptions<Input = unknown, Reply = unknown> extends FlowLimits {
  /** Checks each request at the door, 422 naming the field, and types the first step. */
  input?: Schema<Input>;
  /**
   * Types what the responder gives, tells it to callers (`/openapi.json`), and reads each reply on its way out: what the schema does not
   * name is left out, a reply that does not fit is 500. A schema that transforms is neither told nor asked.
   */
  output?: Schema<Reply>;
}

/** The body behind a chain; unknown for a name. */
// deno-lint-ignore no-explicit-any -- infers the body of any chain
export type BodyOf<From> = From extends Chain<any, infer Body, any> ? Body : unknown;

/**
 * Steps that are joined by `.to()`. A graph is the one thing here that changes; what runs is a compiled copy of it.
 *
 * @example Two steps, the second one answers
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { serving } from "levada";
 *
 * const fn = serving("lengths");
 * const graph = fn.setTopology("flow");
 * graph.to("size", (text: string) => text.length).to("even", (size) => size % 2 === 0).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", "four"), true);
 * ```
 */
export class Graph<Input = unknown, Reply = unknown> implements Served<Input, Reply> {
  /** For the compiler only. */
  declare readonly "~input"?: Input | undefined;
  /** For the compiler only. */
  declare readonly "~reply"?: Reply | undefined;
  readonly #builder: GraphBuilder;

  /** Made by `setTopology("flow")`; `new Graph("name")` makes one without a function. */
  constructor(builder: GraphBuilder | string, options: GraphOptions<Input, Reply> = {}) {
    this.#builder = typeof builder === "string" ? new GraphBuilder(builder) : builder;
    const { name } = this.#builder;
    const limits = limitsOf(options);
    keepSource(this, () => ({ name, ...this.#builder.hear(), input: options.input, output: options.output, limits }));
  }

  /**
   * Builds the graph that `toJSON` gave. `code` holds what the document refers to, `catalogue` the kinds of steps.
   *
   * @throws {GraphError} With every unknown kind, missing ref and malformed part at once.
   */
  static fromJSON(document: unknown, code: ReadonlyMap<string, unknown>, catalogue: Catalogue): Graph {
    const { builder, input, limits } = fromDocument(document, { code, catalogue });
    return new Graph(builder, input === undefined ? limits : { ...limits, input });
  }

  /** Adds a start step; called twice, every start step gets each event. */
  to<
    Out,
    Args extends object = object,
    const Path extends Text = undefined,
    const From extends Text = undefined,
    Full extends boolean = false,
    More = unknown,
  >(
    name: string,
    step: Step<Given<Input, From, Full>, Out, Args, More, Input>,
    ...options: Options<NoInfer<Args>, Path, From, Full>
  ): Chain<Input, Result<Input, Path, Out>, Reply> & RoutesOf<More> {
    return this.#chain(this.#builder.add(name, step, options[0] as Record<string, unknown>));
  }

  /** Adds a step anywhere, by names. The body's type is what the step says it is, `unknown` where it says nothing. */
  addStep<
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
    ...options: Options<NoInfer<Args>, Path, From, Full, Place>
  ): Chain<Input, Result<In, Path, Out>, Reply> & RoutesOf<More> {
    return this.#chain(this.#builder.add(name, step, options[0] as Record<string, unknown>));
  }

  /** Goes on behind one or several steps; where the steps themselves are given, their body types come along. */
  // deno-lint-ignore no-explicit-any -- takes chains of any type
  after<const Froms extends readonly (string | Chain<any, any, any>)[]>(
    ...from: Froms
  ): Pick<Chain<Input, BodyOf<Froms[number]>, Reply>, "to"> {
    const names = from.map((step) => typeof step === "string" ? step : step.name);
    return new Chain(this.#builder, names);
  }

  /** For failures of steps without a handler of their own. A name alone means a step that is added elsewhere. */
  errorHandler<Args extends object = object, Full extends boolean = false>(
    name: string,
    step?: Catcher<Args, Full>,
    options?: CatcherOptions<Args, Full>,
  ): this {
    this.#builder.handle(undefined, name, step, options as Record<string, unknown>);
    return this;
  }

  /** Writes a straight chain at once; a graph that has steps is replaced only with `force`. */
  setFlow(steps: readonly FlowItem[], options: { force?: boolean } = {}): this {
    const { length } = this.#builder.hear().nodes;
    if (length > 0 && options.force !== true) {
      throw new Error(
        `Cannot set the flow of graph "${this.#builder.name}": it has ${length} steps already. Pass { force: true } to replace them`,
      );
    }
    if (length > 0) this.#builder.clear();
    for (const [index, { name, step, ...rest }] of steps.entries()) {
      this.#builder.add(name, step, { ...rest, after: index === 0 ? "" : "$prev" });
    }
    return this;
  }

  /** Takes steps out; whatever stood behind them has to be put elsewhere, or `compile` says so. */
  removeSteps(names: readonly string[]): this {
    for (const name of names) this.step(name); // tells of one that is not there
    this.#builder.remove(names);
    return this;
  }

  /** The step of this name, to go on from; for `graph.step("s2").respond()` after `setFlow`. */
  step(name: string): Chain<Input, unknown, Reply> {
    const { nodes } = this.#builder.hear();
    const node = nodes.find((candidate) => candidate.name === name);
    if (node !== undefined) return this.#chain({ name, takesRoutes: node.definition.takesRoutes === true });
    const names = nodes.map((candidate) => `"${candidate.name}"`).join(", ");
    throw new RangeError(`Cannot find step "${name}" in graph "${this.#builder.name}": it has ${names || "no steps"}`);
  }

  /** Draws the graph; in a notebook the picture shows by itself. */
  plot(options: PlotOptions = {}): Plot {
    return new Plot(viewOf(sourceOf(this)), options);
  }

  /** The graph as data: JSON that names the code it needs, see `code`. */
  toJSON(): object {
    return toDocument(sourceOf(this));
  }

  /** The code that the document refers to, by ref. */
  get code(): ReadonlyMap<string, Code> {
    return codeOf(sourceOf(this));
  }

  /** Shows the picture when the graph is the last value of a notebook cell. */
  [Symbol.for("Jupyter.display")](): Promise<Record<string, unknown>> {
    return this.plot().display();
  }

  // deno-lint-ignore no-explicit-any -- the caller's signature says what the chain is
  #chain(added: AddedStep): any {
    return chainOf(this.#builder, added);
  }
}
