import { StepError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import { Chosen, HELD, Joined, type Reaction, Streamed } from "../graph/operator.ts";
import { answer, answerFailure } from "./answer.ts";
import { copiesOf } from "./copies.ts";
import { copyData } from "./copy.ts";
import { chosen } from "./chosen.ts";
import type { Visit } from "./gate.ts";
import { type Probe, tellEntry } from "./probe.ts";
import { recover } from "./recover.ts";
import type { RunningStep } from "./running_step.ts";
import { pump } from "./pump.ts";
import type { Stop } from "./straight.ts";
import { takeBack } from "./take_back.ts";
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
  readonly #work = new Work((step, event) => this.#walk(step, event));
  readonly #givenUp = new WeakSet<FlowEvent>();
  readonly #freezes: boolean;
  #isStopped = false;
  /** Whether nobody waits any more for what a step makes of an event that it may believe it holds. */
  readonly #isGone = (event: FlowEvent): boolean => this.#isStopped || this.#givenUp.has(event);
  /** Nothing goes on any more: what becomes of events is not looked at. */
  isKilled = false;
  /** Told of every step that an event enters and leaves. */
  probe: Probe | undefined;

  constructor(listener: WalkListener, { probe, freezes = false }: WalkOptions = {}) {
    this.#listener = listener;
    this.#freezes = freezes;
    this.probe = probe;
  }

  /** Lets no event enter a step any more: whatever goes on fails there with this error, and no handler is asked. */
  stop(error: Error): void {
    this.#isStopped = true;
    this.probe = { // so that stopping costs nothing as long as nobody stops
      enter() {
        throw error;
      },
    };
  }

  /** Fails an event that a step works on, whatever the step answers later. */
  giveUp(step: RunningStep, visit: Visit, error: unknown): void {
    this.#givenUp.add(visit.event);
    this.#settle(step, visit, () => this.#fail(step, visit.event, error));
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
    if ("failure" in end) this.#fail(step, event, end.failure);
    else this.#react(step, event, step.operator.plain!.react(end.result, event));
    this.#work.run();
  }

  /**
   * Sends on a held event, or one made of held ones. Resolves when it has ended everywhere, or is kept by other steps; at once where
   * all of them were given up meanwhile.
   */
  release(step: RunningStep, event: FlowEvent, of: readonly FlowEvent[] = [event]): Promise<void> {
    if (this.isKilled) return new Promise(() => {});
    const parents = takeBack(step, of, this.#isGone);
    if (parents.length === 0) return Promise.resolve();
    const trip = new Trip(parents);
    trip.enter();
    event.track = trip;
    if (event !== of[0]) event.origin = trip;
    this.#goOn(step, event, event);
    this.#work.run();
    return trip.isDone ? Promise.resolve() : new Promise((idle) => trip.whenIdle(idle));
  }

  /** Ends a held event: it has no result. */
  end(step: RunningStep, held: FlowEvent): void {
    if (this.isKilled) return;
    for (const trip of takeBack(step, [held], this.#isGone)) trip.leave(step.name);
  }

  /** Fails a held event. */
  fail(step: RunningStep, held: FlowEvent, error: unknown): void {
    if (this.isKilled) return;
    if (takeBack(step, [held], this.#isGone).length === 0) return;
    this.#fail(step, held, error);
    this.#work.run();
  }

  /** Walks one branch until it ends, splits, or has to wait. */
  #walk(first: RunningStep, event: FlowEvent): void {
    if (this.isKilled) return;
    let step = first;
    let reaction: Reaction | Promise<Reaction>;
    try {
      while (true) {
        const waiting = step.gate.visits > 0 ? step.gate.keep(event) : undefined;
        if (waiting !== undefined) {
          this.#listener.onWait(1, event, () => this.#leaveOff(step, waiting));
          return;
        }
        if (this.probe !== undefined) tellEntry(this.probe, step.name, event);
        if (step.maxIterations !== undefined) countVisit(step, event);
        reaction = step.operator.process(event);
        if (reaction !== event || step.then === undefined || this.probe !== undefined) break;
        step = step.then;
      }
    } catch (error) {
      this.#fail(step, event, error);
      return;
    }
    this.#react(step, event, reaction);
  }

  #react(step: RunningStep, event: FlowEvent, reaction: Reaction | Promise<Reaction>): void {
    if (!(reaction instanceof Promise)) return this.#goOn(step, event, reaction);
    const visit = step.gate.begin(event);
    this.#listener.onWait(1, event, () => this.#leaveOff(step, visit));
    this.#await(step, visit, reaction);
  }

  /** Works on an event that had to wait at a gate. */
  resume(step: RunningStep, visit: Visit): void {
    const { event } = visit;
    let reaction: Reaction | Promise<Reaction>;
    try {
      if (this.probe !== undefined) tellEntry(this.probe, step.name, event);
      if (step.maxIterations !== undefined) countVisit(step, event);
      reaction = step.operator.process(event);
    } catch (error) {
      this.#settle(step, visit, () => this.#fail(step, event, error));
      return;
    }
    if (reaction instanceof Promise) this.#await(step, visit, reaction);
    else {
      const settled = reaction;
      this.#settle(step, visit, () => this.#goOn(step, event, settled));
    }
  }

  #await(step: RunningStep, visit: Visit, reaction: Promise<Reaction>): void {
    reaction.then(
      (settled) => this.#settle(step, visit, () => this.#goOn(step, visit.event, settled)),
      (error) => this.#settle(step, visit, () => this.#fail(step, visit.event, error)),
    );
  }

  /** Nobody waits any more for what a step makes of an event. */
  #leaveOff(step: RunningStep, visit: Visit): void {
    this.#givenUp.add(visit.event);
    this.#settle(step, visit, () => tripOf(visit.event).leave(step.name));
  }

  #settle(step: RunningStep, visit: Visit, follow: () => void): void {
    step.gate.settle(visit, () => {
      this.#listener.onWait(-1, visit.event, undefined);
      follow();
      this.#work.run();
    });
  }

  /** Acts on what a step answered for an event. */
  #goOn(step: RunningStep, event: FlowEvent, reaction: Reaction): void {
    if (this.isKilled) return;
    try {
      if (reaction === event) this.#leave(step, event, step.outlets);
      else if (reaction === HELD) this.#hold(step, event);
      else if (reaction instanceof Chosen) this.#leave(step, reaction.event, chosen(step, reaction));
      else if (reaction instanceof Joined) this.#join(step, event, reaction);
      else if (reaction instanceof Streamed) this.#stream(step, event, reaction);
      else if (Array.isArray(reaction)) this.#spread(step, event, reaction);
      else throw new TypeError(`Cannot go on with what step "${step.name}" answered: ${typeof reaction}`);
    } catch (error) {
      this.#fail(step, event, error);
    }
  }

  #hold(step: RunningStep, event: FlowEvent): void {
    this.probe?.hold?.(step.name, event);
    step.holding.add(event);
    tripOf(event).hold(event, step, step.operator.stalled !== undefined);
  }

  #join(step: RunningStep, event: FlowEvent, { event: joined, of }: Joined): void {
    const parents = takeBack(step, of, this.#isGone, event);
    const trip = new Trip(parents);
    trip.enter();
    joined.track = trip;
    joined.origin = trip;
    this.#leave(step, joined, step.outlets);
  }

  #stream(step: RunningStep, event: FlowEvent, { chunks }: Streamed): void {
    pump(event, chunks, {
      step,
      send: (chunk) => {
        this.#goOn(step, chunk, chunk);
        this.#work.run();
      },
      end: (to, last) => {
        this.#work.later(to, last);
        this.#work.run();
      },
      fail: (error) => {
        this.#fail(step, event, error);
        this.#work.run();
      },
      wait: (change, giveUp) => this.#listener.onWait(change, event, giveUp),
    });
  }

  /** Sends out several events. As many as an event was made of belong to its members, one each. */
  #spread(step: RunningStep, event: FlowEvent, events: readonly FlowEvent[]): void {
    const trip = tripOf(event);
    if (events.length > 1) { for (const item of events) item.origin = {}; }
    if (events.length === 0 && step.isCallers) trip.drop(step.name);
    trip.branch(events);
    this.probe?.leave?.(step.name, event, events);
    const going = step.answers === "never"
      ? events
      : events.filter((item) => this.#attempt(step, item, () => answer(step, item, tripOf(item))));
    for (const item of going.toReversed()) this.#attempt(step, item, () => this.#part(step, item, step.outlets));
    trip.leave(step.name);
  }

  /** Does something with one of several events; where it cannot be copied it fails, and the others go on. */
  #attempt(step: RunningStep, item: FlowEvent, act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.#fail(step, item, error);
      return false;
    }
  }

  /** Sends one event into the outlets; at the end of a branch, ends it. */
  #leave(step: RunningStep, event: FlowEvent, outlets: readonly RunningStep[]): void {
    this.probe?.leave?.(step.name, event, outlets.length > 0 || step.outlets.length === 0 ? [event] : []);
    const goesRound = step.isOnCycle && outlets.length > 0; // on a cycle, the last round answers
    if (step.answers !== "never" && !goesRound) answer(step, event, tripOf(event));
    this.#part(step, event, outlets);
  }

  #part(step: RunningStep, event: FlowEvent, outlets: readonly RunningStep[]): void {
    const trip = tripOf(event);
    if (outlets.length === 0) {
      if (step.outlets.length > 0 && step.isCallers) trip.drop(step.name);
      trip.leave(step.name);
      return;
    }
    if (outlets.length > 1) {
      const copies = copiesOf(event, step, { count: outlets.length - 1, freezes: this.#freezes });
      trip.enter(copies.length);
      for (let index = copies.length; index > 0; index--) this.#work.later(outlets[index]!, copies[index - 1]!);
    }
    this.#work.later(outlets[0]!, event);
  }

  #fail(step: RunningStep, event: FlowEvent, error: unknown): void {
    if (this.isKilled) return;
    const trip = tripOf(event);
    this.probe?.fail?.(step.name, event, error);
    const handler = this.#isStopped ? undefined : recover(step, event, error);
    if (handler !== undefined) {
      if (!step.isCallers) {
        const branch = new Trip([trip], { answers: false });
        branch.enter();
        event.track = branch;
      }
      this.#work.later(handler, event);
      return;
    }
    const failure = new StepError(step.name, error);
    const isTold = step.isCallers && answerFailure(trip, failure);
    trip.note(failure);
    this.#listener.onFailure(event, failure, isTold);
    trip.leave(step.name);
  }
}
