import { Contributions } from "./contributions.ts";
import type { ErrorClass, RouteNode, StepNode } from "./node.ts";
import { callerPlace } from "./place.ts";
import { type Heard, replay, type Told } from "./replay.ts";
import type { ReadyStep, StepOptions } from "./step.ts";
import { isStepOption } from "./step_options.ts";
import { asReadyStep } from "./task.ts";

/** Where `addStep` puts a step: `""` is behind nothing, `"$prev"` behind the step before. */
export interface Place {
  /** The steps that it stands behind. */
  after?: string | readonly string[];
  /** The steps that it stands before. */
  before?: string | readonly string[];
}

/** A step as `setFlow` takes it. */
export interface FlowItem extends StepOptions {
  /** The name of the step. */
  name: string;
  /** A function, a class, or a ready step. */
  step: unknown;
  /** The arguments of its class. */
  args?: object;
}

/** What `add` gives of a step: all that a chain has to know. */
export interface AddedStep {
  readonly name: string;
  readonly takesRoutes: boolean;
}

/**
 * What is told of a graph while it is written. It takes everything, so that `compile` can list every fault at once, and forgets what a
 * notebook cell told when that cell runs again.
 */
export class GraphBuilder {
  readonly name: string;
  readonly #told = new Contributions<Told>();

  constructor(name: string) {
    this.name = name;
  }

  /** The graph as it is now. */
  hear(): Heard {
    return replay(this.#told.live);
  }

  /** Adds a step; `given` holds the arguments of its class and the options of the step in one object. */
  add(
    name: string,
    step: unknown,
    given: Readonly<Record<string, unknown>> & Place = {},
    { takesOver, isLasting = false }: { takesOver?: boolean | undefined; isLasting?: boolean } = {},
  ): AddedStep {
    const { definition, options: own, code } = readyStep(name, step);
    const { after, before, ...rest } = given;
    this.#told.add({
      kind: "step",
      step: {
        name,
        definition,
        own,
        code,
        ...splitOptions(rest),
        after: [after ?? []].flat().filter((other) => other !== ""),
        before: before === undefined ? [] : [before].flat(),
        takesOver: takesOver ?? (before !== undefined && after === undefined),
        place: callerPlace(),
      },
    }, { isLasting });
    return { name, takesRoutes: definition.takesRoutes === true };
  }

  /** Adds a route to a router step; a key that is there already is replaced. */
  route(of: string, route: RouteNode): void {
    this.#told.add({ kind: "route", of, route: { ...route, args: said(route.args) } });
  }

  /** Marks the step whose result answers the caller. */
  respond(of: string, options: { isLasting?: boolean } = {}): void {
    this.#told.add({ kind: "respond", of }, options);
  }

  /** Runs a step behind these steps as well. */
  linkAfter(of: string, names: readonly string[]): void {
    this.#told.add({ kind: "after", of, names });
  }

  /** Sends a step's results back to earlier steps as well. */
  cycle(of: string, names: readonly string[]): void {
    this.#told.add({ kind: "cycle", of, names });
  }

  /** Sends failures to a handler: those of one step, or, of undefined, those of all steps without another. */
  handle(
    of: string | undefined,
    handler: string,
    step?: unknown,
    options: Readonly<Record<string, unknown>> = {},
  ): void {
    const { only, ...given } = options as { only?: readonly ErrorClass[] };
    if (step !== undefined) this.add(handler, step, { ...given, after: "" });
    this.#told.add({ kind: "errorHandler", of, entry: only === undefined ? { handler } : { handler, only } });
  }

  /** Takes out all steps. */
  clear(): void {
    this.#told.add({ kind: "clear" });
  }

  /** Takes out some steps. */
  remove(names: readonly string[]): void {
    this.#told.add({ kind: "remove", names });
  }
}

function readyStep(name: string, step: unknown): ReadyStep<never, unknown> {
  const ready = asReadyStep(step);
  if (ready !== undefined) return ready;
  throw new TypeError(
    `Cannot add step "${name}": a step is a function, a class with do(body), or a ready step such as filter(fn), not ${
      step === null ? "null" : typeof step
    }`,
  );
}

/** Tells the options of a step from the arguments of its class: what stands in `args` is the class's, whatever its name. */
function splitOptions({ args: own, ...given }: Readonly<Record<string, unknown>>): Pick<StepNode, "args" | "options"> {
  const options: Record<string, unknown> = {};
  const args: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(said(given))) (isStepOption(key) ? options : args)[key] = value;
  if (typeof own === "object" && own !== null && !Array.isArray(own)) Object.assign(args, said({ ...own }));
  else if (own !== undefined) args.args = own;
  return { args, options: options as StepOptions };
}

/** Without what is undefined: it was not said. */
function said(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
