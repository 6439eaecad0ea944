import type { Fault } from "../errors.ts";
import { checkEdges } from "../graph/check_edges.ts";
import type { Plan } from "../graph/compile.ts";
import type { Log } from "../graph/context.ts";
import type { RunningStep } from "./running_step.ts";

/** What open steps tell of their tensors and does not fit; what can run is only logged. */
export function openFaults(plan: Plan, steps: readonly RunningStep[], log: Log): Fault[] {
  const found = checkEdges(plan.steps.map(({ spec, definition, options, next }, index) => ({
    name: spec.name,
    definition,
    options,
    next,
    signatures: steps[index]!.operator.signatures?.() ?? definition.signatures?.(spec) ?? [],
  })));
  const told = new Set(plan.warnings.map(({ cause }) => cause));
  for (const { step, severity, cause, cure } of found) {
    if (severity === "warning" && !told.has(cause)) log.warn(`Step "${step}": ${cause}. ${cure}`);
  }
  return found.filter(({ severity }) => severity === "error");
}
