import type { Bundle } from "../../bundle/bundle.ts";
import type { StepDocument } from "../../graph/document.ts";
import { documentOf } from "../settings/deployed_functions.ts";

/** The paths of the queues that each function of a bundle publishes to, by its name. */
export function publishedStreams(bundle: Pick<Bundle, "files">): ReadonlyMap<string, readonly string[]> {
  const { name, graph } = documentOf(bundle);
  const steps = new Map((graph?.steps ?? []).map((step) => [step.name, step]));
  const published = new Map<string, string[]>();
  for (const step of steps.values()) {
    const path = step.kind === "queue" ? step.own?.path : undefined;
    if (typeof path !== "string") continue;
    for (const filler of new Set(fillersOf(step, { name, steps }))) {
      published.set(filler, [...published.get(filler) ?? [], path]);
    }
  }
  return published;
}

/** The functions whose steps stand before a queue. */
function fillersOf(
  { after = [] }: StepDocument,
  graph: { readonly name: string; readonly steps: ReadonlyMap<string, StepDocument> },
): string[] {
  return after.flatMap((before) => {
    const step = graph.steps.get(before);
    if (step === undefined) return [];
    return step.kind === "queue" ? fillersOf(step, graph) : [step.options?.function || graph.name];
  });
}
