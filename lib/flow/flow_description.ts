import type { Plan, PlanStep } from "../graph/compile.ts";
import { reachable } from "../graph/reach.ts";
import type { Schema } from "../graph/schema.ts";

/** What a flow takes and gives, as far as its graph says so. */
export interface FlowDescription {
  /** The graph's name. */
  readonly name: string;
  /** What each request is checked against; undefined where nobody said. */
  readonly input: Schema<unknown> | undefined;
  /** What the responder gives; undefined where nobody said. */
  readonly output: Schema<unknown> | undefined;
  /** Whether the reply comes in chunks: as far as generators are seen, `maybe` where one stands before the responder. */
  readonly streams: "always" | "maybe" | "never";
  /** Whether a step answers the caller; without one a caller gets the event's id. */
  readonly hasResponder: boolean;
  /** Whether the graph is one router and nothing else. */
  readonly isRouter: boolean;
  /** The steps that take routes, in the order of the graph. */
  readonly routers: readonly {
    /** What it calls itself: its option `name`, else the step's name. */
    readonly name: string;
    /** Its kind: `modelRouter`. */
    readonly kind: string;
  }[];
}

/** Reads a description from a plan. */
export function descriptionOf({ name, steps, input, output, hasResponder }: Plan): FlowDescription {
  const routers = steps.filter(({ definition }) => definition.takesRoutes === true);
  return {
    name,
    input,
    output,
    streams: streamsOf(steps),
    hasResponder,
    isRouter: steps.length === 1 && routers.length === 1,
    routers: routers.map(({ spec, definition }) => ({
      name: typeof spec.options.name === "string" ? spec.options.name : spec.name,
      kind: definition.kind,
    })),
  };
}

function streamsOf(steps: readonly PlanStep[]): FlowDescription["streams"] {
  const isStreaming = ({ definition, spec }: PlanStep) => definition.streams?.(spec) === true;
  const responders = steps.filter(({ responds }) => responds);
  if (responders.length > 0 && responders.every(isStreaming)) return "always";
  const open = steps.map(({ definition, next }) => definition.collects === true ? [] : next);
  const fed = reachable(steps.flatMap((step, index) => isStreaming(step) ? [index] : []), open);
  return steps.some(({ responds, definition }, index) => responds && definition.collects !== true && fed.has(index))
    ? "maybe"
    : "never";
}
