import type { FlowEvent } from "../graph/event.ts";
import type { Reaction } from "../graph/operator.ts";
import { copyData } from "./copy.ts";
import { Follow } from "./follow.ts";
import type { Visit } from "./gate.ts";
import { type Probe, tellEntry } from "./probe.ts";
import type { RunningStep } from "./running_step.ts";
import type { Stop } from "./straight.ts";
import { Trip, tripOf } from "./trip.ts";
import { countVisit } from "./visits.ts";
import type { WalkListener, WalkOptions } from "./walk_options.ts";
import { Work } from "./work.ts";

/**
 * Takes events from step to step. There is one list of work and one loop over it, so the stack does not grow with the graph or with
 * cycles; a chain of steps that answer at once does not even touch the list, and only a promise is awaited.
 */
export class Walk {
  readonly #listener: WalkListener;
  readonly #work: Work;
  readonly #follow: Follow;
  /** How many events steps have given back that they held. */
  givenBack = 0;

  constructor(listener: WalkListener, options: WalkOptions = {}) {
    this.#listener = listener;
    this.#work = new Work((step, event) => this.#walk(step, event));
    this.#follow = new Follow(this.#work, listener, options);
  }

  /** Told of every step that an event enters and leaves. */
  get probe(): Probe | undefined {
    return this.#follow.probe;
  }

  set probe(probe: Probe | undefined) {
    this.#follow.probe = probe;
  }

  /** Nothing goes on any more: what becomes of events is not looked at. */
  kill(): void {
    this.#follow.isKilled = true;
  }

  /** Lets no event enter a step any more: whatever goes on fails there with this error, and no handler is asked. */
  stop(error: Error): void {
    this.#follow.isStopped = true;
    this.#follow.probe = { // so that stopping costs nothing as long as nobody stops
      enter() {
        throw error;
      },
    };
  }

  /** Fails an event that a step works on, whatever the step answers later. */
  giveUp(step: RunningStep, visit: Visit, error: unknown): void {
    this.#follow.givenUp.add(visit.event);
    this.#settle(step, visit, () => this.#follow.fail(step, visit.event, error));
  }

  /** Sends an event into each of these steps: the first keeps it, the others get copies. */
  spread(steps: readonly RunningStep[], event: FlowEvent, trip: Trip): void {
    event.track = trip;
    event.origin = trip;
    if (steps.length > 1) {
      const copies = steps.slice(1).map(() => event.with(copyData(event.body)));
      trip.enter(steps.length);
      for (let index = steps.length - 1; index > 0; index--) this.#work.later(steps[index]!, copies[index - 1]!);
    } else {
      trip.enter();
    }
    this.#work.later(steps[0]!, event);
    this.#work.run();
  }

  /** Goes on with an event where the short way ended. */
  takeOver({ step, end }: Stop, event: FlowEvent, trip: Trip): void {
    event.track = trip;
    event.origin = trip;
    trip.enter();
    if ("failure" in end) this.#follow.fail(step, event, end.failure);
    else this.#react(step, event, step.operator.plain!.react(end.result, event));
    this.#work.run();
  }

  /**
   * Sends on a held event, or one made of held ones. Resolves when it has ended everywhere, or is kept by other steps; at once where
   * all of them were given up meanwhile.
   */
  release(step: RunningStep, event: FlowEvent, of: readonly FlowEvent[] = [event]): Promise<void> {
    if (this.#follow.isKilled) return new Promise(() => {});
    const parents = this.#follow.takeBack(step, of);
    if (parents.length === 0) return Promise.resolve();
    this.givenBack += parents.length;
    const trip = new Trip(parents, { members: event === of[0] ? undefined : of });
    trip.enter();
    event.track = trip;
    if (event !== of[0]) event.origin = trip;
    this.#follow.goOn(step, event, event);
    this.#work.run();
    return trip.isDone ? Promise.resolve() : new Promise((idle) => trip.whenIdle(idle));
  }

  /** Ends a held event: it has no result. */
  end(step: RunningStep, held: FlowEvent): void {
    if (this.#follow.isKilled) return;
    for (const trip of this.#follow.takeBack(step, [held])) trip.leave(step.name);
  }

  /** Fails a held event. */
  fail(step: RunningStep, held: FlowEvent, error: unknown): void {
    if (this.#follow.isKilled) return;
    if (this.#follow.takeBack(step, [held]).length === 0) return;
    this.#follow.fail(step, held, error);
    this.#work.run();
  }

  /** Walks one branch until it ends, splits, or has to wait. */
  #walk(first: RunningStep, event: FlowEvent): void {
    if (this.#follow.isKilled) return;
    let step = first;
    let reaction: Reaction | Promise<Reaction>;
    try {
      while (true) {
        const waiting = step.gate.inside.length > 0 && !comesBackTo(step, event) ? step.gate.keep(event) : undefined;
        if (waiting !== undefined) {
          this.#listener.onWait(1, event, () => this.#leaveOff(step, waiting));
          return;
        }
        if (this.#follow.probe !== undefined) tellEntry(this.#follow.probe, step.name, event);
        if (step.maxIterations !== undefined) countVisit(step, event);
        reaction = step.operator.process(event);
        if (reaction !== event || step.then === undefined || this.#follow.probe !== undefined) break;
        step = step.then;
      }
    } catch (error) {
      this.#follow.fail(step, event, error);
      return;
    }
    this.#react(step, event, reaction);
  }

  #react(step: RunningStep, event: FlowEvent, reaction: Reaction | Promise<Reaction>): void {
    if (!(reaction instanceof Promise)) return this.#follow.goOn(step, event, reaction);
    const visit = step.gate.begin(event);
    this.#listener.onWait(1, event, () => this.#leaveOff(step, visit));
    this.#await(step, visit, reaction);
  }

  /** Works on an event that had to wait at a gate. */
  resume(step: RunningStep, visit: Visit): void {
    const { event } = visit;
    let reaction: Reaction | Promise<Reaction>;
    try {
      if (this.#follow.probe !== undefined) tellEntry(this.#follow.probe, step.name, event);
      if (step.maxIterations !== undefined) countVisit(step, event);
      reaction = step.operator.process(event);
    } catch (error) {
      this.#settle(step, visit, () => this.#follow.fail(step, event, error));
      return;
    }
    if (reaction instanceof Promise) this.#await(step, visit, reaction);
    else {
      const settled = reaction;
      this.#settle(step, visit, () => this.#follow.goOn(step, event, settled));
    }
  }

  #await(step: RunningStep, visit: Visit, reaction: Promise<Reaction>): void {
    reaction.then(
      (settled) => this.#settle(step, visit, () => this.#follow.goOnWith(step, visit.event, settled)),
      (error) => this.#settle(step, visit, () => this.#follow.fail(step, visit.event, error)),
    );
  }

  /** Nobody waits any more for what a step makes of an event. */
  #leaveOff(step: RunningStep, visit: Visit): void {
    this.#follow.givenUp.add(visit.event);
    this.#settle(step, visit, () => tripOf(visit.event).leave(step.name));
  }

  #settle(step: RunningStep, visit: Visit, follow: () => void): void {
    step.gate.settle(visit, () => {
      this.#listener.onWait(-1, visit.event, undefined);
      follow();
      this.#work.run();
    });
  }
}

/** An event on a cycle does not wait at a queue behind those that wait for it to go through. */
function comesBackTo({ isBorder, name }: RunningStep, { visits }: FlowEvent): boolean {
  return isBorder && visits?.has(name) === true;
}
