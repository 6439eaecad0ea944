import type { Plan } from "../graph/compile.ts";
import { EarlyReply } from "../graph/early_reply.ts";
import { isGenerator } from "../graph/generator.ts";
import type { PlainCall } from "../graph/operator.ts";
import type { RunningStep } from "./running_step.ts";

/** Where the short way ended: the step that failed, or that did not answer at once. */
export class Stop {
  /** Takes the body as that step received it, and what became of it. */
  constructor(
    readonly step: RunningStep,
    readonly body: unknown,
    readonly end: { readonly failure: unknown } | { readonly result: object },
  ) {}
}

/** The short way through a graph; undefined where it has none. */
export function straightWay(plan: Plan, steps: readonly RunningStep[]): Straight | undefined {
  if (plan.starts.length !== 1 || plan.input !== undefined) return undefined;
  const way: RunningStep[] = [];
  const calls: PlainCall[] = [];
  for (let step: RunningStep | undefined = steps[plan.starts[0]!]; step !== undefined; step = step.then) {
    const { operator: { plain }, maxIterations } = step;
    if (plain === undefined || maxIterations !== undefined) return undefined;
    way.push(step);
    calls.push(plain);
    if (step.answers === "always" && step.outlets.length === 0) return new Straight(way, calls);
  }
  return undefined;
}

/**
 * The short way through a graph that is one chain of functions of the body with the reply at its end. Nobody sees the event between
 * such functions, so none is made unless one of them fails or answers later: then the walk goes on from there.
 */
export class Straight {
  readonly #steps: readonly RunningStep[];
  readonly #calls: readonly PlainCall[];

  /** Takes the steps in order, and what each calls. */
  constructor(steps: readonly RunningStep[], calls: readonly PlainCall[]) {
    this.#steps = steps;
    this.#calls = calls;
  }

  /** The reply for a body; or where the way ended. */
  run(start: unknown): unknown {
    const calls = this.#calls;
    let body = start;
    let at = 0;
    try {
      for (; at < calls.length; at++) {
        const { fn, context } = calls[at]!;
        const result = fn(body, context);
        if (typeof result === "object" && result !== null && !isBody(result)) {
          return new Stop(this.#steps[at]!, body, { result });
        }
        body = result;
      }
    } catch (failure) {
      return new Stop(this.#steps[at]!, body, { failure });
    }
    return body;
  }
}

function isBody(result: object): boolean {
  return !(result instanceof Promise || result instanceof EarlyReply || isGenerator(result));
}
