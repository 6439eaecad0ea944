import { CellJournal } from "./cell.ts";
import type { Catch, ErrorClass, RouteNode, StepNode } from "./node.ts";
import { callerPlace } from "./place.ts";
import type { ReadyStep, StepOptions } from "./step.ts";
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

const STEP_OPTIONS: ReadonlySet<string> = new Set<keyof StepOptions>([
  "resultPath",
  "inputPath",
  "fullEvent",
  "function",
  "shape",
  "comment",
  "share",
  "retries",
  "backoffMs",
  "timeoutMs",
  "maxInFlight",
  "maxIterations",
  "breaker",
]);

/**
 * The steps of a graph while it is written: the one thing in a graph that changes. It takes everything that it is told, so that
 * `compile` can list every fault at once, and remembers how to take each change back when a notebook cell runs again.
 */
export class GraphBuilder {
  readonly name: string;
  readonly #nodes: StepNode[] = [];
  readonly #journal: CellJournal;
  /** The graph's own error handlers, first match first. */
  readonly catches: Catch[] = [];

  constructor(name: string, journal = new CellJournal()) {
    this.name = name;
    this.#journal = journal;
  }

  get nodes(): readonly StepNode[] {
    return this.#nodes;
  }

  /** Adds a step; `given` holds the arguments of its class and the options of the step in one object. */
  add(
    name: string,
    step: unknown,
    given: Readonly<Record<string, unknown>> & Place = {},
    { takesOver }: { takesOver?: boolean | undefined } = {},
  ): StepNode {
    this.#journal.takeBack();
    const ready = readyStep(name, step);
    const { after, before, ...rest } = given;
    const node: StepNode = {
      name,
      definition: ready.definition,
      own: ready.options,
      code: ready.code,
      ...splitOptions(rest),
      after: this.#names(after),
      before: before === undefined ? [] : [before].flat(),
      takesOver: takesOver ?? (before !== undefined && after === undefined),
      routes: new Map(),
      catches: [],
      responder: false,
      cycles: [],
      place: callerPlace(),
    };
    this.#insert(this.#nodes, node);
    return node;
  }

  /** Adds a route to a router step; a key that is there already is replaced. */
  route(node: StepNode, route: RouteNode): void {
    this.#change(() => {
      const earlier = node.routes.get(route.key);
      node.routes.set(route.key, route);
      return () => earlier === undefined ? node.routes.delete(route.key) : node.routes.set(route.key, earlier);
    });
  }

  /** Marks the step whose result answers the caller. */
  respond(node: StepNode): void {
    this.#change(() => {
      node.responder = true;
      return () => node.responder = false;
    });
  }

  /** Runs a step behind these steps as well. */
  linkAfter(node: StepNode, names: readonly string[]): void {
    this.#change(() => {
      const earlier = node.after;
      node.after = [...earlier, ...names];
      return () => node.after = earlier;
    });
  }

  /** Sends a step's results back to earlier steps as well. */
  cycle(node: StepNode, names: readonly string[]): void {
    this.#change(() => {
      const earlier = node.cycles;
      node.cycles = [...earlier, ...names];
      return () => node.cycles = earlier;
    });
  }

  /** Sends failures to a handler: those of one step, or, with the graph's own `catches`, of all steps without another. */
  handle(catches: Catch[], handler: string, step: unknown, options: Readonly<Record<string, unknown>> = {}): void {
    this.#journal.takeBack();
    const { only, ...given } = options as { only?: readonly ErrorClass[] };
    if (step !== undefined) this.add(handler, step, { ...given, after: "" });
    this.#insert(catches, only === undefined ? { handler } : { handler, only });
  }

  /** Replaces all steps. */
  clear(): void {
    this.#change(() => {
      const earlier = this.#nodes.splice(0);
      return () => this.#nodes.unshift(...earlier);
    });
  }

  #names(after: string | readonly string[] | undefined): string[] {
    return [after ?? []].flat().filter((name) => name !== "").flatMap((name) =>
      name === "$prev" ? this.#nodes.slice(-1).map((node) => node.name) : [name]
    );
  }

  #insert<Item>(list: Item[], item: Item): void {
    this.#change(() => {
      list.push(item);
      return () => list.splice(list.indexOf(item), 1);
    });
  }

  #change(apply: () => () => unknown): void {
    this.#journal.takeBack();
    const undo = apply();
    this.#journal.note(undo);
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

function splitOptions(given: Readonly<Record<string, unknown>>): Pick<StepNode, "args" | "options"> {
  const options: Record<string, unknown> = {};
  const args: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    (STEP_OPTIONS.has(key) ? options : args)[key] = value;
  }
  return { args, options: options as StepOptions };
}
