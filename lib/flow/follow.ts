import { StepError } from "../errors.ts";
import { EarlyReply } from "../graph/early_reply.ts";
import type { FlowEvent } from "../graph/event.ts";
import { Chosen, HELD, Joined, type Reaction, Streamed } from "../graph/operator.ts";
import { answer, answerEarly, answerFailure } from "./answer.ts";
import { chosen } from "./chosen.ts";
import { copiesOf } from "./copies.ts";
import type { Probe } from "./probe.ts";
import { pump } from "./pump.ts";
import { recover } from "./recover.ts";
import type { RunningStep } from "./running_step.ts";
import { takeApart } from "./take_apart.ts";
import { takeBack } from "./take_back.ts";
import { Trip, tripOf } from "./trip.ts";
import type { WalkListener, WalkOptions } from "./walk_options.ts";
import type { Work } from "./work.ts";

/** What follows from a step's answer: where events go on, are kept, joined, taken apart, answer their callers, or fail. */
export class Follow {
  readonly #listener: WalkListener;
  readonly #work: Work;
  readonly #freezes: boolean;
  /** Events that were given up while a step worked on them: nobody waits any more for what it makes of them. */
  readonly givenUp = new WeakSet<FlowEvent>();
  /** No handler is asked any more, and nothing is held. */
  isStopped = false;
  /** Nothing goes on any more: what becomes of events is not looked at. */
  isKilled = false;
  /** Told of every step that an event enters and leaves. */
  probe: Probe | undefined;

  constructor(work: Work, listener: WalkListener, { probe, freezes = false }: WalkOptions) {
    this.#work = work;
    this.#listener = listener;
    this.#freezes = freezes;
    this.probe = probe;
  }

  /** Takes events back from a step that held them, and gives their trips; see `takeBack`. */
  takeBack(step: RunningStep, events: readonly FlowEvent[], current?: FlowEvent): Trip[] {
    return takeBack(step, events, (event) => this.isStopped || this.givenUp.has(event), current);
  }

  /** Acts on what the promise of a step gave for an event. */
  goOnWith(step: RunningStep, event: FlowEvent, settled: unknown): void {
    const { operator } = step;
    let reaction = settled as Reaction;
    if (operator.settle !== undefined) {
      try {
        reaction = operator.settle(settled, event);
      } catch (error) {
        this.fail(step, event, error);
        return;
      }
    }
    this.goOn(step, event, reaction);
  }

  /** Acts on what a step answered for an event. */
  goOn(step: RunningStep, event: FlowEvent, reaction: Reaction): void {
    if (this.isKilled) return;
    try {
      if (reaction === event) this.#leave(step, event, step.outlets);
      else if (reaction === HELD) this.#hold(step, event);
      else if (reaction instanceof Chosen) this.#leave(step, reaction.event, chosen(step, reaction));
      else if (reaction instanceof Joined) this.#join(step, event, reaction);
      else if (reaction instanceof Streamed) this.#stream(step, event, reaction);
      else if (reaction instanceof EarlyReply) this.#endEarly(step, event, reaction);
      else if (Array.isArray(reaction)) this.#spread(step, event, reaction);
      else throw new TypeError(`Cannot go on with what step "${step.name}" answered: ${typeof reaction}`);
    } catch (error) {
      this.fail(step, event, error);
    }
  }

  #hold(step: RunningStep, event: FlowEvent): void {
    this.probe?.hold?.(step.name, event);
    step.holding.add(event);
    tripOf(event).hold(event, step);
    step.operator.held?.(event);
  }

  #join(step: RunningStep, event: FlowEvent, { event: joined, of }: Joined): void {
    const trip = new Trip(this.takeBack(step, of, event), { members: of });
    trip.enter();
    joined.track = trip;
    joined.origin ??= trip; // what was joined of one event's parts is still that event's, and meets its other branches
    this.#leave(step, joined, step.outlets);
  }

  #endEarly(step: RunningStep, event: FlowEvent, reply: EarlyReply): void {
    answerEarly(step, event, reply);
    this.probe?.leave?.(step.name, event, []);
    tripOf(event).leave(step.name);
  }

  #stream(step: RunningStep, event: FlowEvent, { chunks }: Streamed): void {
    pump(event, chunks, {
      step,
      send: (chunk) => {
        this.goOn(step, chunk, chunk);
        this.#work.run();
      },
      end: (to, last) => {
        this.#work.later(to, last);
        this.#work.run();
      },
      fail: (error) => {
        this.fail(step, event, error);
        this.#work.run();
      },
      wait: (change, giveUp) => this.#listener.onWait(change, event, giveUp),
    });
  }

  /** Sends out several events. As many as an event was made of belong to its members, one each. */
  #spread(step: RunningStep, event: FlowEvent, made: readonly FlowEvent[]): void {
    const trip = tripOf(event);
    const events = takeApart(trip, made);
    if (made.length === 0 && step.isCallers) trip.drop(step.name);
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
      this.fail(step, item, error);
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

  /** A step failed on an event: a handler takes it, or whoever waits is told. */
  fail(step: RunningStep, event: FlowEvent, error: unknown): void {
    if (this.isKilled) return;
    const trip = tripOf(event);
    this.probe?.fail?.(step.name, event, error);
    const handler = this.isStopped ? undefined : recover(step, event, error);
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
