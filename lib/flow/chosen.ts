import type { Chosen } from "../graph/operator.ts";
import type { RunningStep } from "./running_step.ts";

/**
 * The outlets that a step chose.
 *
 * @throws {RangeError} If no step of that name stands behind it.
 */
export function chosen(step: RunningStep, { outlets }: Chosen): RunningStep[] {
  return outlets.map((name) => {
    const outlet = step.outlets.find((candidate) => candidate.name === name);
    if (outlet !== undefined) return outlet;
    const known = step.outlets.map((candidate) => `"${candidate.name}"`).join(", ") || "none";
    throw new RangeError(`Cannot send the event to "${name}": the steps behind "${step.name}" are ${known}`);
  });
}
