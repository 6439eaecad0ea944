import type { Links } from "./link.ts";
import { reachable } from "./reach.ts";
import type { GraphSource } from "./source.ts";

/** A way into one function of a graph: what comes out of a queue goes to these steps. */
export interface Entry {
  /** The name of the queue. */
  readonly queue: string;
  /** The stream behind it; undefined where the queue names none. */
  readonly path: string | undefined;
  /** The queue's options. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The steps of this function behind the queue, by index. */
  readonly steps: readonly number[];
}

/** The steps of one function, by themselves. */
export interface Part {
  readonly source: GraphSource;
  readonly links: Links;
  readonly entries: readonly Entry[];
}

/** The functions that steps of a graph run in, in the order of the steps; `""` is the function itself. */
export function functionsOf(source: GraphSource, links: Links): string[] {
  return [...new Set(ownersOf(source, links).flatMap((owners) => [...owners]))];
}

/**
 * Keeps the steps of one function. A queue belongs to the function that fills it; where a step of another function stands behind it,
 * it is the end of this one, and a way into the other. What led into the function is a start now.
 */
export function part(source: GraphSource, links: Links, current: string): Part {
  const { nodes } = source;
  const owners = ownersOf(source, links);
  const local = nodes.keys().filter((index) => owners[index]!.has(current)).toArray();
  const isExit = (index: number, from: string) =>
    nodes[index]!.definition.isBorder === true && owners[index]!.has(from) &&
    links.next[index]!.some((next) => !owners[next]!.has(from));
  const renumber = new Map(local.map((old, index) => [old, index]));
  const kept = (indices: readonly number[]) => indices.flatMap((index) => renumber.get(index) ?? []);
  const next = local.map((index) => isExit(index, current) ? [] : kept(links.next[index]!));
  const previous = local.map((): number[] => []);
  for (const [from, tos] of next.entries()) for (const to of tos) previous[to]!.push(from);
  const handlers = new Set(kept([...links.handlers]));
  const starts = new Set(links.starts);
  const isEntered = (old: number, index: number) =>
    nodes[old]!.definition.isBorder !== true && !handlers.has(index) &&
    links.previous[old]!.length > previous[index]!.length; // something leads here from another function
  const own = local.flatMap((old, index) => starts.has(old) ? [index] : []);
  const entries = nodes.entries().flatMap(([index, { name, own }]) => {
    const steps = [...owners[index]!].some((from) => isExit(index, from)) ? kept(links.next[index]!) : [];
    return steps.length === 0 ? [] : [{ queue: name, path: own.path as string | undefined, options: own, steps }];
  }).toArray();
  return {
    source: {
      ...source,
      nodes: local.map((index) => nodes[index]!),
      input: current === "" ? source.input : undefined, // the schema says what comes in from outside
    },
    links: {
      next,
      previous,
      handlers,
      // what the graph does not begin with begins where others lead into it
      starts: own.length > 0 ? own : local.flatMap((old, index) => isEntered(old, index) ? [index] : []),
      indexOf: new Map(local.map((old, index) => [nodes[old]!.name, index])),
      faults: [],
    },
    entries,
  };
}

/**
 * By step: the functions that it runs in. It says so itself, but for queues, which belong to whoever fills them, and for error
 * handlers and the steps behind them, which belong to whoever fails.
 */
export function ownersOf({ nodes, catches }: GraphSource, links: Links): ReadonlySet<string>[] {
  const handled = reachable([...links.handlers], links.next);
  const isTold = (index: number) => nodes[index]!.definition.isBorder !== true && !isCatcher(index);
  const isCatcher = (index: number) => handled.has(index) && nodes[index]!.options.function === undefined;
  const owners = nodes.map(({ options }, index) => new Set(isTold(index) ? [options.function ?? ""] : []));
  const sources = nodes.map((_, index) => [...links.previous[index]!]);
  for (const [index, node] of nodes.entries()) {
    for (const { handler } of [...node.catches, ...handled.has(index) ? [] : catches]) {
      const to = links.indexOf.get(handler);
      if (to !== undefined) sources[to]!.push(index);
    }
  }
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const index of nodes.keys().filter((index) => !isTold(index))) {
      const before = owners[index]!.size;
      for (const from of sources[index]!) for (const owner of owners[from]!) owners[index]!.add(owner);
      isChanged ||= owners[index]!.size > before;
    }
  }
  for (const [index, { options }] of nodes.entries()) {
    if (owners[index]!.size === 0) owners[index]!.add(options.function ?? "");
  }
  return owners;
}
