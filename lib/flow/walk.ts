import { StepError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import { Chosen, HELD, type Reaction } from "../graph/operator.ts";
import { copyData } from "./copy.ts";
import type { RunningStep } from "./running_step.ts";
import { recover } from "./recover.ts";
import type { Surroundings } from "./surroundings.ts";
import { Trip } from "./trip.ts";

/** Takes events from step to step. Steps that answer at once are called in a plain loop; only a promise is awaited. */
export class Walk {
  readonly #surroundings: Surroundings;
  readonly #observe: ((step: string, event: FlowEvent) => void) | undefined;
  readonly #held = new WeakMap<FlowEvent, Trip>();

  constructor(surroundings: Surroundings, observe?: (step: string, event: FlowEvent) => void) {
    this.#surroundings = surroundings;
    this.#observe = observe;
  }

  /** Sends an event into each of these steps: the first keeps it, the others get copies. */
  spread(steps: readonly RunningStep[], event: FlowEvent, trip: Trip): void {
    const copies = steps.slice(1).map(() => event.with(copyData(event.body)));
    trip.enter(steps.length);
    for (const [index, step] of steps.entries()) this.#walk(step, index === 0 ? event : copies[index - 1]!, trip);
  }

  /** Sends an event on that a step held back. Resolves when every step behind has done with it. */
  release(step: RunningStep, event: FlowEvent): Promise<void> {
    const parent = this.#held.get(event);
    if (parent === undefined) {
      return Promise.reject(new Error(`Cannot release event ${event.id}: step "${step.name}" does not hold it`));
    }
    this.#held.delete(event);
    const branch = new Trip({ parent });
    return new Promise((done) => {
      branch.onDone(done);
      branch.enter();
      this.#goOn(step, { event, reaction: event, trip: branch });
    });
  }

  /** Walks one branch until it ends, splits, or has to wait. */
  #walk(first: RunningStep, event: FlowEvent, trip: Trip): void {
    let step: RunningStep | undefined = first;
    while (step !== undefined) {
      this.#observe?.(step.name, event);
      let reaction: Reaction | Promise<Reaction>;
      try {
        reaction = step.operator.process(event);
      } catch (error) {
        this.#fail(step, { event, error, trip });
        return;
      }
      if (reaction instanceof Promise) {
        const waiting = step;
        reaction.then(
          (settled) => this.#goOn(waiting, { event, reaction: settled, trip }),
          (error) => this.#fail(waiting, { event, error, trip }),
        );
        return;
      }
      if (reaction !== event || step.outlets.length !== 1 || step.answers !== "never") {
        this.#goOn(step, { event, reaction, trip });
        return;
      }
      step = step.outlets[0];
    }
  }

  /** Acts on what a step answered for an event. */
  #goOn(step: RunningStep, { event, reaction, trip }: { event: FlowEvent; reaction: Reaction; trip: Trip }): void {
    if (reaction === HELD) {
      this.#held.set(event, trip);
      return;
    }
    try {
      if (reaction instanceof Chosen) {
        this.#leave(step, { events: [reaction.event], outlets: chosen(step, reaction), trip });
      } else {
        this.#leave(step, { events: Array.isArray(reaction) ? reaction : [reaction], outlets: step.outlets, trip });
      }
    } catch (error) {
      this.#fail(step, { event, error, trip });
    }
  }

  /** Sends what came out of a step into its outlets; at the end of a branch, ends it. */
  #leave(
    step: RunningStep,
    { events, outlets, trip }: { events: readonly FlowEvent[]; outlets: readonly RunningStep[]; trip: Trip },
  ): void {
    if (step.answers !== "never") { for (const event of events) answer(step, event, trip); }
    const spread = events.map((event) => ({
      event,
      copies: outlets.slice(1).map(() =>
        step.options.share === true ? event.with(event.body) : event.with(copyData(event.body))
      ),
    }));
    trip.enter(events.length * outlets.length);
    for (const { event, copies } of spread) {
      for (const [index, outlet] of outlets.entries()) {
        this.#walk(outlet, index === 0 ? event : copies[index - 1]!, trip);
      }
    }
    trip.leave(step.name);
  }

  #fail(step: RunningStep, failed: { event: FlowEvent; error: unknown; trip: Trip }): void {
    const { event, error, trip } = failed;
    const handler = recover(step, event, error);
    if (handler !== undefined) {
      const branch = step.isCallers ? trip : new Trip({ parent: trip, answers: false });
      if (branch !== trip) branch.enter();
      this.#walk(handler, event, branch);
      return;
    }
    const failure = new StepError(step.name, error);
    const isTold = step.isCallers && trip.settle({ kind: "failed", error: failure });
    if (!isTold) {
      const { name } = error instanceof Error ? error : { name: typeof error };
      this.#surroundings.log.error(failure.message, { event: event.id, step: step.name, error: name });
    }
    trip.leave(step.name);
  }
}

function answer(step: RunningStep, event: FlowEvent, trip: Trip): void {
  if (step.answers === "failures" && event.error === undefined) return;
  trip.settle({ kind: "reply", body: step.outlets.length === 0 ? event.body : copyData(event.body) });
}

function chosen(step: RunningStep, { outlets }: Chosen): RunningStep[] {
  return outlets.map((name) => {
    const outlet = step.outlets.find((candidate) => candidate.name === name);
    if (outlet !== undefined) return outlet;
    const known = step.outlets.map((candidate) => `"${candidate.name}"`).join(", ") || "none";
    throw new RangeError(`Cannot send the event to "${name}": the steps behind "${step.name}" are ${known}`);
  });
}
