import type { Fault } from "../errors.ts";
import { errorFault, warningFault } from "./fault.ts";
import type { Links } from "./link.ts";
import { ownersOf } from "./part.ts";
import { reachable } from "./reach.ts";
import type { GraphSource } from "./source.ts";

/**
 * A step that answers the caller from behind a queue to another function: a reply goes back the way that its request came, and a stream is no
 * way back. A fault where the function is run by itself that fills the queue; where all functions run in one process, a warning.
 *
 * @param current The function that is run: `""` is the one without a name, `*` are all.
 */
export function checkReplies(source: GraphSource, { links, current }: { links: Links; current: string }): Fault[] {
  const { nodes } = source;
  const owners = ownersOf(source, links);
  return nodes.flatMap(({ name, responder, options }, index) => {
    if (!responder || owners[index]!.has(current)) return [];
    const before = reachable([index], links.previous);
    const queue = nodes.find(({ definition }, at) =>
      definition.isBorder === true && before.has(at) && (current === "*" || owners[at]!.has(current)) &&
      links.next[at]!.some((to) => before.has(to) && [...owners[at]!].some((owner) => !owners[to]!.has(owner)))
    );
    if (queue === undefined) return [];
    const where = `runs in function "${options.function ?? "(the parent)"}" behind queue "${queue.name}"`;
    const cure =
      `Call respond() on a step before the queue, or let the caller read the results from a stream: queue({ path: "…" })`;
    return current === "*"
      ? [
        warningFault(
          `it answers the caller only while all functions run in one process: it ${where}, and a reply cannot cross a queue`,
          cure,
          name,
        ),
      ]
      : [
        errorFault(`it answers the caller, but ${where}: a reply cannot cross a queue to another function`, cure, name),
      ];
  });
}
