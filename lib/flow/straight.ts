import type { Plan } from "../graph/compile.ts";
import { EarlyReply } from "../graph/early_reply.ts";
import { isGenerator } from "../graph/generator.ts";
import type { PlainCall } from "../graph/operator.ts";
import type { RunningStep } from "./running_step.ts";
import { type Run, unroll } from "./unrolled.ts";

/** Where the short way ended: the step that failed, or that did not answer at once. */
export class Stop {
  /** Takes the body as that step received it, and what became of it. */
  constructor(
    readonly step: RunningStep,
    readonly body: unknown,
    readonly end: { readonly failure: unknown } | { readonly result: object },
  ) {}
}

/**
 * The short way through a graph that is one chain of functions of the body with the reply at its end: gives the reply for a body, or
 * where it stopped. Nobody sees the event between such functions, so none is made unless one of them fails or answers later; then the
 * walk goes on from there. Undefined for every other graph.
 */
export function straightWay(plan: Plan, running: readonly RunningStep[]): Run | undefined {
  if (plan.starts.length !== 1 || plan.input !== undefined) return undefined;
  const steps: RunningStep[] = [];
  const calls: PlainCall[] = [];
  for (let step: RunningStep | undefined = running[plan.starts[0]!]; step !== undefined; step = step.then) {
    const { operator: { plain }, maxIterations } = step;
    if (plain === undefined || maxIterations !== undefined) return undefined;
    steps.push(step);
    calls.push(plain);
    if (step.answers === "always" && step.outlets.length === 0) {
      return unroll(calls, {
        isLater: (result) => result instanceof Promise || result instanceof EarlyReply || isGenerator(result),
        onResult: (at, body, result) => new Stop(steps[at]!, body, { result }),
        onFailure: (at, body, failure) => new Stop(steps[at]!, body, { failure }),
      });
    }
  }
  return undefined;
}
