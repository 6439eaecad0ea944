import { StepError } from "../errors.ts";
import { EarlyReply } from "../graph/early_reply.ts";
import type { FlowEvent } from "../graph/event.ts";
import { Chosen, HELD, Joined, type Reaction, Streamed } from "../graph/operator.ts";
import { answer, answerEarly, failStream } from "./answer.ts";
import { copyData } from "./copy.ts";
import { chosen } from "./chosen.ts";
import type { Visit } from "./gate.ts";
import { type Probe, tellEntry } from "./probe.ts";
import { recover } from "./recover.ts";
import type { RunningStep } from "./running_step.ts";
import { pump } from "./pump.ts";
import type { Stop } from "./straight.ts";
import { takeApart } from "./take_apart.ts";
import { Trip, tripOf } from "./trip.ts";
import { countVisit } from "./visits.ts";

/** What the walk tells of. */
export interface WalkListener {
  /** A step failed and no handler took it; `isTold` where a caller gets it as the answer. */
  onFailure(event: FlowEvent, error: StepError, isTold: boolean): void;
  /** A branch waits for a promise, or has ended its wait. */
  onWait(change: 1 | -1, event: FlowEvent, giveUp: (() => void) | undefined): void;
}

/**
 * Takes events from step to step. There is one list of work and one loop over it, so the stack does not grow with the graph or with
 * cycles; a chain of steps that answer at once does not even touch the list, and only a promise is awaited.
 */
export class Walk {
  readonly #listener: WalkListener;
  readonly #steps: RunningStep[] = [];
  readonly #events: FlowEvent[] = [];
  #isRunning = false;
  /** Told of every step that an event enters and leaves. */
  probe: Probe | undefined;

  constructor(listener: WalkListener, probe?: Probe) {
    this.#listener = listener;
    this.probe = probe;
  }

  /** Sends an event into each of these steps: the first keeps it, the others get copies. */
  spread(steps: readonly RunningStep[], event: FlowEvent, trip: Trip): void {
    event.track = trip;
    event.origin = trip;
    if (steps.length > 1) {
      const copies = steps.slice(1).map(() => event.with(copyData(event.body)));
      trip.enter(steps.length);
      for (let index = steps.length - 1; index > 0; index--) this.#later(steps[index]!, copies[index - 1]!);
    } else {
      trip.enter();
    }
    this.#later(steps[0]!, event);
    this.#run();
  }

  /** Goes on with an event where the short way ended. */
  takeOver({ step, end }: Stop, event: FlowEvent, trip: Trip): void {
    event.track = trip;
    event.origin = trip;
    trip.enter();
    if ("failure" in end) this.#fail(step, event, end.failure);
    else this.#react(step, event, step.operator.plain!.react(end.result, event));
    this.#run();
  }

  /** Sends on a held event, or one made of held ones. Resolves when it has ended everywhere, or is kept by other steps. */
  release(step: RunningStep, event: FlowEvent, of: readonly FlowEvent[] = [event]): Promise<void> {
    const parents = of.map((held) => this.#takeBack(step, held));
    const trip = new Trip(parents, { members: event === of[0] ? undefined : of });
    trip.enter();
    event.track = trip;
    if (event !== of[0]) event.origin = trip;
    this.#goOn(step, event, event);
    this.#run();
    return trip.isDone ? Promise.resolve() : new Promise((idle) => trip.whenIdle(idle));
  }

  /** Ends a held event: it has no result. */
  end(step: RunningStep, held: FlowEvent): void {
    this.#takeBack(step, held).leave(step.name);
  }

  /** Fails a held event. */
  fail(step: RunningStep, held: FlowEvent, error: unknown): void {
    this.#takeBack(step, held);
    this.#fail(step, held, error);
    this.#run();
  }

  #takeBack(step: RunningStep, held: FlowEvent): Trip {
    if (!step.holding.delete(held)) {
      throw new Error(`Cannot release event ${held.id}: step "${step.name}" does not hold it`);
    }
    const trip = tripOf(held);
    trip.unhold(held, step.operator.stalled !== undefined);
    return trip;
  }

  #later(step: RunningStep, event: FlowEvent): void {
    this.#steps.push(step);
    this.#events.push(event);
  }

  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
        this.#walk(step, this.#events.pop()!);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Walks one branch until it ends, splits, or has to wait. */
  #walk(first: RunningStep, event: FlowEvent): void {
    let step = first;
    let reaction: Reaction | Promise<Reaction>;
    try {
      while (true) {
        if (step.gate.visits > 0 && step.gate.keeps(event)) {
          this.#listener.onWait(1, event, undefined);
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
    this.#listener.onWait(1, event, () => this.#giveUp(step, visit));
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

  #giveUp(step: RunningStep, visit: Visit): void {
    this.#settle(step, visit, () => tripOf(visit.event).leave(step.name));
  }

  #settle(step: RunningStep, visit: Visit, follow: () => void): void {
    step.gate.settle(visit, () => {
      this.#listener.onWait(-1, visit.event, undefined);
      follow();
      this.#run();
    });
  }

  /** Acts on what a step answered for an event. */
  #goOn(step: RunningStep, event: FlowEvent, reaction: Reaction): void {
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
      this.#fail(step, event, error);
    }
  }

  #hold(step: RunningStep, event: FlowEvent): void {
    this.probe?.hold?.(step.name, event);
    step.holding.add(event);
    tripOf(event).hold(event, step, step.operator.stalled !== undefined);
  }

  #join(step: RunningStep, event: FlowEvent, { event: joined, of }: Joined): void {
    const own = tripOf(event);
    const parents = of.map((member) => member === event ? own : this.#takeBack(step, member));
    const trip = new Trip(parents, { members: of });
    trip.enter();
    joined.track = trip;
    joined.origin = trip;
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
        this.#goOn(step, chunk, chunk);
        this.#run();
      },
      end: (to, last) => {
        this.#later(to, last);
        this.#run();
      },
      fail: (error) => {
        this.#fail(step, event, error);
        this.#run();
      },
      wait: (change) => this.#listener.onWait(change, event, undefined),
    });
  }

  /** Sends out several events. As many as an event was made of belong to its members, one each. */
  #spread(step: RunningStep, event: FlowEvent, made: readonly FlowEvent[]): void {
    const trip = tripOf(event);
    const events = takeApart(trip, made);
    if (made.length === 0 && step.isCallers) trip.drop(step.name);
    this.probe?.leave?.(step.name, event, events);
    if (step.answers !== "never") { for (const item of events) answer(step, item, tripOf(item)); }
    for (let index = events.length - 1; index >= 0; index--) this.#part(step, events[index]!, step.outlets);
    trip.leave(step.name);
  }

  /** Sends one event into the outlets; at the end of a branch, ends it. */
  #leave(step: RunningStep, event: FlowEvent, outlets: readonly RunningStep[]): void {
    this.probe?.leave?.(step.name, event, outlets.length > 0 || step.outlets.length === 0 ? [event] : []);
    const goesRound = step.maxIterations !== undefined && outlets.length > 0; // on a cycle, the last round answers
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
      const share = step.options.share === true;
      const copies = outlets.slice(1).map(() => event.with(share ? event.body : copyData(event.body)));
      trip.enter(copies.length);
      for (let index = copies.length; index > 0; index--) this.#later(outlets[index]!, copies[index - 1]!);
    }
    this.#later(outlets[0]!, event);
  }

  #fail(step: RunningStep, event: FlowEvent, error: unknown): void {
    const trip = tripOf(event);
    this.probe?.fail?.(step.name, event, error);
    const handler = recover(step, event, error);
    if (handler !== undefined) {
      if (!step.isCallers) {
        const branch = new Trip([trip], { answers: false });
        branch.enter();
        event.track = branch;
      }
      this.#later(handler, event);
      return;
    }
    const failure = new StepError(step.name, error);
    const isTold = step.isCallers && trip.settle({ kind: "failed", error: failure });
    if (step.isCallers && !isTold) { for (const root of trip.roots()) failStream(root, failure); }
    trip.note(failure);
    this.#listener.onFailure(event, failure, isTold);
    trip.leave(step.name);
  }
}
