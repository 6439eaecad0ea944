import { compile, type Plan } from "../graph/compile.ts";
import { link } from "../graph/link.ts";
import { functionsOf } from "../graph/part.ts";
import { type QueueHome, streamPath } from "./stream_path.ts";
import type { Unit } from "./unit.ts";

/** A queue with its stream. */
export interface QueuePath {
  readonly queue: string;
  readonly path: string;
}

/** One function of several that a serving function is made of, compiled by itself. */
export interface FunctionPart {
  /** `""` is the function itself, `*` all of it in one place. */
  readonly name: string;
  readonly plan: Plan;
  /** The queues that it is fed by, with their streams. */
  readonly inlets: readonly QueuePath[];
  /** The queues that it fills, with their streams. */
  readonly outlets: readonly QueuePath[];
  /** The group that it reads as, on every stream. */
  readonly group: string;
  /** Where the streams of its queues are that name none. */
  readonly home: QueueHome;
}

/**
 * Takes a serving function apart: itself and each of its children that has steps, in the order of the graph.
 *
 * @throws {GraphError} With everything that is wrong with the graph.
 */
export function partsOf(unit: Unit): FunctionPart[] {
  const source = unit.source();
  const functions = unit.children();
  compile(source, { functions });
  return functionsOf(source, link(source)).map((name) =>
    partOf(unit, { name, plan: compile(source, { functions, currentFunction: name }) })
  );
}

/** One function with its queues. */
export function partOf(
  unit: Unit,
  { name, plan, home = "memory" }: { name: string; plan: Plan; home?: QueueHome },
): FunctionPart {
  return {
    name,
    plan,
    inlets: plan.entries.map(({ queue, path }) => ({ queue, path: streamPath(unit, queue, { path, home }) })),
    outlets: plan.steps.filter(({ definition, next }) => definition.isBorder === true && next.length === 0)
      .map(({ spec }) => ({
        queue: spec.name,
        path: streamPath(unit, spec.name, { path: spec.options.path as string | undefined, home }),
      })),
    group: name === "" || name === "*" ? unit.name : `${unit.name}-${name}`,
    home,
  };
}
