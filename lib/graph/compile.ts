import { type Fault, GraphError } from "../errors.ts";
import { checkEdges } from "./check_edges.ts";
import { checkReplies } from "./check_replies.ts";
import { checkLinks } from "./check_links.ts";
import { checkSteps } from "./check_steps.ts";
import type { GraphSource } from "./source.ts";
import { link, type Links } from "./link.ts";
import type { FlowLimits } from "./limits.ts";
import { type Catch, type ErrorClass, specOf, type StepNode } from "./node.ts";
import type { StepDefinition, StepSpec } from "./operator.ts";
import { type Entry, functionsOf, type Part, part } from "./part.ts";
import { onLoops, reachable } from "./reach.ts";
import type { Schema } from "./schema.ts";
import type { StepOptions } from "./step.ts";

/** One step of a plan; other steps are told by their index in `Plan.steps`. */
export interface PlanStep {
  readonly spec: StepSpec;
  readonly definition: StepDefinition;
  readonly options: StepOptions;
  /** The function that the step runs in. */
  readonly function: string;
  readonly next: readonly number[];
  /** Its own handlers, then the graph's; the first whose classes match takes a failure. */
  readonly handlers: readonly PlanHandler[];
  /** Its result answers the caller. */
  readonly responds: boolean;
  /** It is an error handler or stands behind one: where the chain ends, it answers for the step that failed. */
  readonly followsFailure: boolean;
  /** It leads to the responder, so its failure is the caller's. */
  readonly leadsToReply: boolean;
  /** It lies on a cycle of links. */
  readonly isOnCycle: boolean;
  /** How often one event may enter it; undefined where it cannot come back, by a cycle or by an error handler. */
  readonly maxIterations: number | undefined;
}

/** A step that takes failures, and of which classes; all when `only` is left out. */
export interface PlanHandler {
  readonly step: number;
  readonly only?: readonly ErrorClass[];
}

/** A graph that was found sound: a frozen copy that a flow can start from. */
export interface Plan {
  readonly name: string;
  readonly steps: readonly PlanStep[];
  /** The steps that every event enters. */
  readonly starts: readonly number[];
  /** Where one function runs by itself: the ways into it, by queue. */
  readonly entries: readonly Entry[];
  /** Whether a step answers the caller; without one a caller gets the event's id. */
  readonly hasResponder: boolean;
  /** Checks each request. */
  readonly input: Schema<unknown> | undefined;
  /** What the responder gives: each reply is read by it. */
  readonly output: Schema<unknown> | undefined;
  readonly limits: FlowLimits;
  readonly warnings: readonly Fault[];
}

const MAX_ITERATIONS = 100;

/** Where a graph is going to run. */
export interface CompileOptions {
  /** The child functions that were declared. Default none. */
  readonly functions?: readonly string[];
  /** `*`, the default, runs every step; a name runs the steps of that child function; `""` those without one. */
  readonly currentFunction?: string;
}

/**
 * Checks a graph and makes a plan of it. It opens nothing and calls no code of the graph.
 *
 * @throws {GraphError} With every fault at once, each with step, cause and cure.
 */
export function compile(source: GraphSource, options: CompileOptions = {}): Plan {
  const links = link(source);
  const functions = options.functions ?? [];
  const current = options.currentFunction ?? "*";
  const faults = [
    ...source.faults,
    ...links.faults,
    ...checkSteps(source, { links, functions }),
    ...checkLinks(source, { links, functions }),
    ...checkReplies(source, { links, current }),
    ...checkEdges(source.nodes.map((node, index) => ({
      name: node.name,
      definition: node.definition,
      options: node.options,
      next: links.next[index]!,
      signatures: node.definition.signatures?.(specOf(node)) ?? [],
    }))),
    ...checkCurrent(source, { links, current, functions }),
  ];
  if (faults.some(({ severity }) => severity === "error")) {
    throw new GraphError(`compile graph "${source.name}"`, faults.filter(({ severity }) => severity === "error"));
  }
  return makePlan(current === "*" ? { source, links, entries: [] } : part(source, links, current), faults);
}

function checkCurrent(
  source: GraphSource,
  { links, current, functions }: { links: Links; current: string; functions: readonly string[] },
): Fault[] {
  if (current === "*" || functionsOf(source, links).includes(current)) return [];
  return [{
    cause: current === ""
      ? "every step belongs to a child function, so none runs in the function itself"
      : `no step belongs to function "${current}"`,
    cure: `Run "*", or one of ${functions.map((name) => `"${name}"`).join(", ") || "the functions that steps name"}`,
    severity: "error",
  }];
}

function makePlan({ source, links, entries }: Part, warnings: readonly Fault[]): Plan {
  const { nodes } = source;
  const responder = nodes.findIndex((node) => node.responder);
  const leading = responder < 0 ? new Set<number>() : reachable([responder], links.previous);
  const handled = reachable([...links.handlers], links.next);
  const cycles = new Set(onLoops(links.next));
  const caught = nodes.map((node) => [...planHandlers(node.catches, links), ...planHandlers(source.catches, links)]);
  const rounds = new Set(
    onLoops(links.next.map((next, index) =>
      links.handlers.has(index) ? next : [
        ...next,
        ...caught[index]!.map(({ step }) => step),
      ]
    )),
  );
  const steps = nodes.map((node, index): PlanStep => ({
    spec: specOf(node),
    definition: node.definition,
    options: optionsOf(node),
    function: node.options.function ?? source.name,
    next: links.next[index]!,
    handlers: caught[index]!.filter(({ step }) => step !== index),
    responds: index === responder,
    followsFailure: handled.has(index),
    leadsToReply: leading.has(index),
    isOnCycle: cycles.has(index),
    maxIterations: rounds.has(index)
      ? node.options.maxIterations ?? source.limits.maxIterations ?? MAX_ITERATIONS
      : undefined,
  }));
  return {
    name: source.name,
    steps,
    starts: links.starts,
    entries,
    hasResponder: responder >= 0,
    input: source.input,
    output: source.output,
    limits: source.limits,
    warnings,
  };
}

function optionsOf(node: StepNode): StepOptions {
  const { options, definition } = node;
  return definition.defaults === undefined ? options : { ...definition.defaults(specOf(node)), ...options };
}

function planHandlers(catches: readonly Catch[], links: Links): PlanHandler[] {
  return catches.flatMap(({ handler, only }) => {
    const step = links.indexOf.get(handler);
    return step === undefined ? [] : [only === undefined ? { step } : { step, only }];
  });
}
