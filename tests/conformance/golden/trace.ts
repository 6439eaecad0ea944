/** The steps that an event entered, compared with the recorded ones. Only the order within a branch binds. */

import type { GoldenCase } from "./golden_case.ts";

/** Which steps stand behind a step. */
type Links = ReadonlyMap<string, ReadonlySet<string>>;

/** Tells how a trace differs from the recorded one; undefined where it does not. */
export function traceDifference(
  given: GoldenCase,
  recorded: readonly string[],
  ours: readonly string[],
): string | undefined {
  const differs = `entered ${ours.join(" ") || "nothing"}, not ${recorded.join(" ") || "nothing"}`;
  if (recorded.length === ours.length && recorded.every((step, at) => step === ours[at])) return undefined;
  const links = linksOf(given);
  if (isPath(recorded, links)) return differs;
  if ([...recorded].sort().join("\n") !== [...ours].sort().join("\n")) return differs;
  for (const before of new Set(recorded)) {
    for (const after of reachable(before, links)) {
      const isOrdered = !reachable(after, links).has(before) && recorded.includes(after) &&
        recorded.indexOf(before) < recorded.indexOf(after);
      if (isOrdered && ours.indexOf(before) > ours.indexOf(after)) {
        return `${differs}: "${after}" came before "${before}"`;
      }
    }
  }
  return undefined;
}

/** One branch: each step stands behind the one before, so that the whole order binds. */
function isPath(trace: readonly string[], links: Links): boolean {
  return trace.every((step, at) => at === 0 || links.get(trace[at - 1]!)?.has(step) === true);
}

function linksOf({ graph }: GoldenCase): Links {
  const links = new Map<string, Set<string>>();
  const link = (from: string, to: string) => links.set(from, (links.get(from) ?? new Set<string>()).add(to));
  const steps = graph?.steps ?? [];
  for (const { name, after, cycle_from, on_error } of steps) {
    for (const from of [...after ?? [], ...cycle_from ?? []]) link(from, name);
    const handler = on_error ?? graph?.on_error;
    if (handler !== undefined && handler !== name) link(name, handler);
  }
  return links;
}

function reachable(from: string, links: Links): Set<string> {
  const found = new Set<string>();
  const left = [...links.get(from) ?? []];
  for (let step = left.pop(); step !== undefined; step = left.pop()) {
    if (found.has(step)) continue;
    found.add(step);
    left.push(...links.get(step) ?? []);
  }
  return found;
}
