import type { Plan } from "../graph/compile.ts";
import { EarlyReply } from "../graph/early_reply.ts";
import type { FlowEvent } from "../graph/event.ts";
import { isGenerator } from "../graph/generator.ts";
import { isLater } from "../graph/later.ts";
import type { PlainCall } from "../graph/operator.ts";
import type { Tracked } from "./call_context.ts";
import type { RunningStep } from "./running_step.ts";
import { Trip } from "./trip.ts";
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

/** The trip of an event that is made only if it needs one; and that trip only if somebody looks at it. */
class LateTrip implements Tracked {
  readonly event: FlowEvent | undefined;
  #trip: Trip | undefined;

  constructor(event: FlowEvent | undefined) {
    this.event = event;
  }

  get track(): Trip {
    return this.#trip ??= new Trip();
  }
}

const NOBODY_LOOKS: Tracked = Object.freeze({ track: undefined });

/**
 * The short way through a graph that is one chain of functions of body and context with the reply at its end. Nobody sees the event
 * between such functions, so none is made unless one of them fails or answers later; then the walk goes on from there.
 */
export class Straight {
  readonly #run: Run;
  readonly #takesContext: boolean;
  readonly #hasLimits: boolean;

  /** Takes the steps of the chain, and what each calls. */
  constructor(steps: readonly RunningStep[], calls: readonly PlainCall[]) {
    this.#takesContext = calls.some(({ takesContext }) => takesContext);
    this.#hasLimits = steps.some(({ options }) => options.maxInFlight !== undefined);
    this.#run = unroll(calls, {
      isLater: (result) => isLater(result) || result instanceof EarlyReply || isGenerator(result),
      onResult: (at, body, result) => new Stop(steps[at]!, body, { result }),
      onFailure: (at, body, failure) => new Stop(steps[at]!, body, { failure }),
    });
  }

  /** Whether an event may go this way while others wait: it has no lane to keep its place in, and no step bounds how many it takes. */
  isFreeFor(key: string | undefined, lane: string | undefined): boolean {
    return key === undefined && lane === undefined && !this.#hasLimits;
  }

  /** What the functions look at in place of an event; its trip is the event's, should one be made. */
  tracked(event?: FlowEvent): Tracked {
    return this.#takesContext ? new LateTrip(event) : NOBODY_LOOKS;
  }

  /** Gives the reply for a body, or where it stopped. */
  run(body: unknown, tracked: Tracked): unknown {
    return this.#run(body, tracked);
  }
}

/** The short way through a graph; undefined for every graph that is no such chain. */
export function straightWay(plan: Plan, running: readonly RunningStep[]): Straight | undefined {
  if (plan.starts.length !== 1 || plan.input !== undefined) return undefined;
  const steps: RunningStep[] = [];
  const calls: PlainCall[] = [];
  for (let step: RunningStep | undefined = running[plan.starts[0]!]; step !== undefined; step = step.then) {
    const { operator: { plain }, maxIterations } = step;
    if (plain === undefined || maxIterations !== undefined) return undefined;
    steps.push(step);
    calls.push(plain);
    if (step.answers === "always" && step.outlets.length === 0) return new Straight(steps, calls);
  }
  return undefined;
}
