import type { Links } from "./link.ts";
import { specOf } from "./node.ts";
import type { StepDefinition } from "./operator.ts";
import { reachable } from "./reach.ts";
import type { GraphSource } from "./source.ts";

/** Where a step stands, for the faults that only its kind can see. Steps are told by their names. */
export interface StepPlace {
  /** The steps behind it; none at the end of the graph. */
  readonly outlets: readonly string[];
  /** The steps that lead to it. */
  readonly inlets: readonly string[];
  /** The steps that may end an event on one way to it, while it comes by another. */
  readonly droppers: readonly string[];
  /** The steps that make one event of several, which comes here whole by one way, while each of them comes alone by another. */
  readonly regroupers: readonly string[];
  /** The steps known to stream whose results come here one by one, since nothing between gathers them. */
  readonly streamers: readonly string[];
}

/** Where each step of a graph stands. */
export function placesOf({ nodes }: GraphSource, links: Links): readonly StepPlace[] {
  const names = (indices: readonly number[]) => indices.map((index) => nodes[index]!.name);
  const streams = streamersOf({ nodes }, links);
  return nodes.map((_, index) => ({
    outlets: names(links.next[index]!),
    inlets: names(links.previous[index]!),
    droppers: names(onOneWayTo({ nodes }, links, index, ({ canDrop }) => canDrop === true)),
    regroupers: names(regroupersBefore({ nodes }, links, index)),
    streamers: names(streams[index]!),
  }));
}

/** What a step does that all ways to the join lead through, it does to the whole event: only the others leave the join with a part missing. */
function onOneWayTo(
  { nodes }: Pick<GraphSource, "nodes">,
  links: Links,
  join: number,
  isMeant: (definition: StepDefinition) => boolean,
): number[] {
  if (nodes[join]!.definition.joins !== true) return [];
  const before = reachable(links.previous[join]!, links.previous);
  return [...before].filter((index) => {
    if (index === join || !isMeant(nodes[index]!.definition)) return false;
    const without = links.next.map((outlets, from) => from === index ? [] : outlets);
    return reachable(links.starts.filter((start) => start !== index), without).has(join);
  }).sort((one, other) => one - other);
}

/** Behind a step that makes an event of each item they are each caller's own again. */
function regroupersBefore({ nodes }: Pick<GraphSource, "nodes">, links: Links, join: number): number[] {
  const whole = nodes.map((node, index) => {
    const { spreads, streams } = node.definition;
    return spreads === true || streams?.(specOf(node)) === true ? [] : links.next[index]!;
  });
  return onOneWayTo({ nodes }, links, join, ({ regroups }) => regroups === true)
    .filter((index) => reachable([index], whole).has(join));
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
