/** Cases of storey's own flows: what they need of the library. Nothing runs them yet. */

import { hasExport } from "./facade.ts";
import type { GoldenCase } from "./golden_case.ts";
import { isRecord } from "./special.ts";
import { isTableFlow } from "./storey_tables.ts";

/** Our name for storey's class, where it is not the same in camel case. */
const NAMES: Readonly<Record<string, string>> = { ConcurrentExecution: "concurrent", Recover: "errorHandler" };

/** Classes of storey that are part of every flow here. */
const BUILT_IN = ["Complete", "Recover"];

/** What a storey flow needs first; every flow ends in `reduce`, so that is told last. */
export function storeyNeeds(given: GoldenCase): string | undefined {
  const { graph } = given;
  if (graph?.topology !== "storey" || isTableFlow(given)) return undefined;
  const makers = classesOf(graph.flow ?? []).filter((name) => !BUILT_IN.includes(name)).map(makerOf);
  const missing = makers.filter((name) => !hasExport(name));
  return missing.find((name) => name !== "reduce") ?? missing[0] ?? "a translation of storey's flows";
}

function classesOf(flow: readonly unknown[]): string[] {
  return flow.flatMap((item) => {
    if (!Array.isArray(item)) return [];
    const [name, args] = item;
    if (typeof name !== "string") return classesOf(item);
    const recovery = isRecord(args) ? args.recovery : undefined;
    return [name, ...(Array.isArray(recovery) ? classesOf([recovery]) : [])];
  });
}

function makerOf(name: string): string {
  return NAMES[name] ?? `${name[0]!.toLowerCase()}${name.slice(1)}`;
}
