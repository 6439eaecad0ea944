import { compile, type Plan } from "../graph/compile.ts";
import { link } from "../graph/link.ts";
import { functionsOf } from "../graph/part.ts";
import { isSchedule, type Trigger } from "../triggers/trigger.ts";
import { type QueueHome, schedulePath, streamPath } from "../streams/fed_path.ts";
import { exchangedFeed } from "./open_exchange.ts";
import type { Unit } from "./unit.ts";

/** A queue with its stream. */
export interface QueuePath {
  readonly queue: string;
  readonly path: string;
}

/** A queue that feeds a function. */
export interface Inlet extends QueuePath {
  /** Whether its records are exchanged for what becomes of them. */
  readonly exactlyOnce?: boolean;
}

/** A stream that a function reads. */
export interface Feed {
  /** The name of the queue or trigger. */
  readonly queue: string;
  readonly path: string;
  readonly group: string;
}

/** What starts a function by itself, with its stream; a schedule has one of its own. */
export interface TriggerPath {
  readonly name: string;
  readonly trigger: Trigger;
  readonly path: string;
}

/** One function of several that a serving function is made of, compiled by itself. */
export interface FunctionPart {
  /** `""` is the function itself, `*` all of it in one place. */
  readonly name: string;
  readonly plan: Plan;
  /** The queues that it is fed by, with their streams. */
  readonly inlets: readonly Inlet[];
  /** What starts it by itself: where the graph begins in it. */
  readonly triggers: readonly TriggerPath[];
  /** Each stream that it reads, for a queue or a trigger of this name, and the group that it reads as. */
  readonly feeds: readonly Feed[];
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

/**
 * One function with its queues.
 *
 * @throws {GraphError} If it is to read exactly once, and cannot.
 */
export function partOf(
  unit: Unit,
  { name, plan, home = "memory" }: { name: string; plan: Plan; home?: QueueHome },
): FunctionPart {
  const group = name === "" || name === "*" ? unit.name : `${unit.name}-${name}`;
  const entered = new Set(plan.entries.flatMap(({ steps }) => steps));
  const begins = plan.starts.some((start) => !entered.has(start));
  const inlets = plan.entries.map(({ queue, path, options }) => ({
    queue,
    path: streamPath(unit, queue, { path, home }),
    ...(options.exactlyOnce === true ? { exactlyOnce: true } : {}),
  }));
  const triggers = [...begins ? unit.triggers() : []].map(([name, trigger]) => ({
    name,
    trigger,
    path: triggerPath(group, name, trigger),
  }));
  const part = {
    name,
    plan,
    inlets,
    triggers,
    feeds: [
      ...inlets.map(({ queue, path }) => ({ queue, path, group })),
      ...triggers.map(({ name, path, trigger }) => ({
        queue: name,
        path,
        group: isSchedule(trigger) ? group : trigger.group ?? group,
      })),
    ],
    outlets: plan.steps.filter(({ definition, next }) => definition.isBorder === true && next.length === 0)
      .map(({ spec }) => ({
        queue: spec.name,
        path: streamPath(unit, spec.name, { path: spec.options.path as string | undefined, home }),
      })),
    group,
    home,
  };
  exchangedFeed(part);
  return part;
}

function triggerPath(group: string, name: string, trigger: Trigger): string {
  return isSchedule(trigger) ? schedulePath(group, name) : trigger.stream;
}
