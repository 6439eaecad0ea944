import type { Fault } from "../errors.ts";
import { errorFault } from "./fault.ts";
import type { Links } from "./link.ts";
import { onLoops, reachable } from "./reach.ts";
import type { GraphSource } from "./source.ts";

/** Loops in a graph that does not allow them; in one that does, those that no event can leave. */
export function checkCycles(source: GraphSource, links: Links): Fault[] {
  const { nodes, limits } = source;
  const loop = onLoops(links.next);
  if (loop.length === 0) return [];
  if (limits.allowCycles === true) return checkExits(source, links);
  return [errorFault(
    `steps ${loop.map((index) => `"${nodes[index]!.name}"`).join(", ")} form a loop`,
    `Take out one of the links between them, or say setTopology("flow", { allowCycles: true })`,
    nodes[loop[0]!]!.name,
  )];
}

/**
 * A step that neither chooses nor drops sends every event to all steps behind it: also to the next one of the cycle. So an event
 * leaves a cycle only at a step that may keep it from going round, and a cycle without one goes on until its limit.
 */
function checkExits({ nodes }: GraphSource, { next }: Links): Fault[] {
  const compelled = nodes.map(({ definition: { canDrop, joins } }, index) =>
    canDrop === true || joins === true ? [] : next[index]!
  );
  const told = new Set<number>();
  return onLoops(compelled).flatMap((start) => {
    if (told.has(start)) return [];
    const cycle = [...reachable([start], compelled)].filter((index) => reachable([index], compelled).has(start));
    for (const index of cycle) told.add(index);
    return [errorFault(
      `no event can leave the cycle of ${cycle.map((index) => `"${nodes[index]!.name}"`).join(", ")}`,
      `Choose between the way back and a step behind one of them: choice((body) => …)`,
      nodes[start]!.name,
    )];
  });
}
