import type { Links } from "./link.ts";
import { specOf } from "./node.ts";
import { reachable } from "./reach.ts";
import type { GraphSource } from "./source.ts";

/** Where a step stands, for the faults that only its kind can see. Steps are told by their names. */
export interface StepPlace {
  /** Nothing stands behind it. */
  readonly isTerminal: boolean;
  /** The steps behind it. */
  readonly outlets: readonly string[];
  /** The steps that lead to it. */
  readonly inlets: readonly string[];
  /** The steps that may end an event on one way to it, while it comes by another. */
  readonly droppers: readonly string[];
  /** The steps known to stream whose results come here one by one, since nothing between gathers them. */
  readonly streamers: readonly string[];
}

/** Where each step of a graph stands. */
export function placesOf({ nodes }: GraphSource, links: Links): readonly StepPlace[] {
  const names = (indices: readonly number[]) => indices.map((index) => nodes[index]!.name);
  const streams = streamersOf({ nodes }, links);
  return nodes.map((node, index) => ({
    isTerminal: links.next[index]!.length === 0,
    outlets: names(links.next[index]!),
    inlets: names(links.previous[index]!),
    droppers: node.definition.joins === true ? names(droppersBefore({ nodes }, links, index)) : [],
    streamers: names(streams[index]!),
  }));
}

/** A step that all ways to the join lead through ends the whole event: only the others leave the join with a part missing. */
function droppersBefore({ nodes }: Pick<GraphSource, "nodes">, links: Links, join: number): number[] {
  const before = reachable(links.previous[join]!, links.previous);
  return [...before].filter((index) => {
    if (index === join || nodes[index]!.definition.canDrop !== true) return false;
    const without = links.next.map((outlets, from) => from === index ? [] : outlets);
    return reachable(links.starts.filter((start) => start !== index), without).has(join);
  }).sort((one, other) => one - other);
}

function streamersOf({ nodes }: Pick<GraphSource, "nodes">, { next }: Links): readonly (readonly number[])[] {
  const found = nodes.map((): number[] => []);
  const open = nodes.map(({ definition }, index) => definition.collects === true ? [] : next[index]!);
  for (const [index, node] of nodes.entries()) {
    if (node.definition.streams?.(specOf(node)) !== true) continue;
    for (const reached of reachable(next[index]!, open)) found[reached]!.push(index);
  }
  return found;
}
