import type { StepError } from "../errors.ts";
import type { FlowEvent, Track } from "../graph/event.ts";
import type { Due } from "./deadlines.ts";
import type { Outcome } from "./outcome.ts";
import type { RunningStep } from "./running_step.ts";

/** Who is told of a trip. */
export interface TripListener {
  /** Every branch has ended. */
  onDone(trip: Trip): void;
}

/** What a trip is made with besides its parents. */
export interface TripOptions {
  /** Whether what becomes of it answers the caller. Default true. */
  readonly answers?: boolean;
  /** The events that it stands for. */
  readonly members?: readonly FlowEvent[] | undefined;
}

/**
 * One event and everything that became of it: counts the branches that are under way, and holds the answer. Trips are nested: one
 * for a branch has a parent, one for an event made of several has one parent for each; a trip is one branch of its parents.
 */
export class Trip implements Track {
  #live = 0;
  /** Of the live branches, those that a step keeps; of these, those in queues, and those kept by a step that waits for their siblings. */
  #held = 0;
  #queued = 0;
  #joining = 0;
  #state: State = "going";
  #outcome: Outcome | undefined;
  #failure: StepError | undefined;
  #droppedAt: string | undefined;
  #abort: AbortController | undefined;
  #waits: Map<FlowEvent, RunningStep> | undefined;
  #onIdle: (() => void) | undefined;
  #onRest: (() => void) | undefined;
  #onDone: (() => void) | undefined;
  #onSettled: ((outcome: Outcome) => void) | undefined;
  /** Whoever sent the event is told of every failure in it, not only of the answer. */
  isDelivered = false;
  #untold: (() => void)[] | undefined;
  /** The records that it is exchanged with, where it began as one of them. */
  pass: { readonly isOver: boolean } | undefined;
  /** Who is told when every branch has ended. */
  listener: TripListener | undefined;
  /** When its time is over; undefined where it has no limit. */
  due: Due<Trip> | undefined;
  /** What is to be given up when nobody waits for the answer any more. */
  visits: (() => unknown)[] | undefined;
  readonly #parents: readonly Trip[];
  readonly #answers: boolean;
  /** The events that this one's event stands for, in the order of the parents; undefined where it stands for none but itself. */
  readonly members: readonly FlowEvent[] | undefined;

  constructor(parents: readonly Trip[] = NO_PARENTS, { answers = true, members }: TripOptions = ANSWERS) {
    this.#parents = parents;
    this.#answers = answers;
    this.members = members;
  }

  /** The trip of an event whose sender is told of every failure; `pass` where it is exchanged. */
  static delivered(pass?: { readonly isOver: boolean }): Trip {
    return Object.assign(new Trip(), { isDelivered: true, pass });
  }

  /** The trips whose events this one stands for; none for the trip of an event that was sent in. */
  get parents(): readonly Trip[] {
    return this.#parents;
  }

  /** More branches are under way. */
  enter(branches = 1): void {
    this.#live += branches;
    if (this.#held > 0) this.#update();
  }

  /** A branch came to its end at a step. */
  leave(step: string): void {
    this.#leave(step);
    if (STALLED.length > 0) tellStalled();
  }

  #leave(step: string): void {
    this.#live -= 1;
    if (this.#live < 0) throw new Error(`Cannot end a branch at step "${step}": it has ended already`);
    if (this.#live > 0) {
      if (this.#held > 0) this.#update();
      return;
    }
    if (this.#parents.length === 0) this.settle({ kind: "ended", step: this.#droppedAt ?? step });
    else for (const parent of this.#parents) parent.#leave(step);
    this.listener?.onDone(this);
    this.#onDone?.();
    this.#idle();
    this.#rest();
  }

  /** A step keeps the branch of an event for a while. */
  hold(event: FlowEvent, step: RunningStep): void {
    const state = keeping(step);
    if (state === "joining") { for (const root of this.roots()) (root.#waits ??= new Map()).set(event, step); }
    this.#shift("going", state);
    if (STALLED.length > 0) tellStalled();
  }

  /** A step goes on with the branch of an event that it kept. */
  unhold(event: FlowEvent, step: RunningStep): void {
    const state = keeping(step);
    if (state === "joining") { for (const root of this.roots()) root.#waits?.delete(event); }
    this.#shift(state, "going");
  }

  /** Calls back when every branch has ended or is held. */
  whenIdle(idle: () => void): void {
    if (this.#live === this.#held) idle();
    else this.#onIdle = idle;
  }

  /** Calls back when every branch has ended, or is held by a step that waits for other events or its time: none waits in a queue. */
  whenAtRest(rest: () => void): void {
    if (this.#live === this.#held && this.#queued === 0) rest();
    else this.#onRest = rest;
  }

  /** Calls back when every branch has ended. */
  whenDone(done: () => void): void {
    this.#onDone = done;
  }

  /** Calls back with the answer; it must not be there yet. */
  whenSettled(settled: (outcome: Outcome) => void): void {
    this.#onSettled = settled;
  }

  /** Answers whoever sent the event; the first answer counts. Tells whether this one did. */
  settle(outcome: Outcome): boolean {
    if (this.#parents.length > 0) {
      if (!this.#answers) return false;
      let isFirst = false;
      for (const parent of this.#parents) isFirst = parent.settle(outcome) || isFirst;
      return isFirst;
    }
    if (this.#outcome !== undefined) return false;
    this.#outcome = outcome;
    this.#onSettled?.(outcome);
    return true;
  }

  /** A step on the way to the reply has ended a branch: the caller is told so, if no answer comes. */
  drop(step: string): void {
    this.#droppedAt ??= step;
    for (const parent of this.#parents) parent.drop(step);
  }

  /** Keeps a failure that no step took. */
  note(failure: StepError): void {
    this.#failure ??= failure;
    for (const parent of this.#parents) parent.note(failure);
  }

  /** Somebody is told of a failure in it where whoever delivered it gives it up: it may be tried again. */
  tellLater(tell: () => void): void {
    (this.#untold ??= []).push(tell);
  }

  /** Whoever delivered it gives it up. */
  tellUntold(): void {
    for (const tell of this.#untold ?? []) tell();
  }

  /** The first failure that no step took, in whatever branch. */
  get failure(): StepError | undefined {
    return this.#failure;
  }

  /** The answer, where there is one already. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** Whether every branch has ended. */
  get isDone(): boolean {
    return this.#live === 0;
  }

  /** Aborts when the caller does not wait any more; for an event that was made of several, when the last of their callers does not. */
  get signal(): AbortSignal {
    if (this.#parents.length === 1) return this.#parents[0]!.signal;
    if (this.#abort !== undefined) return this.#abort.signal;
    const abort = this.#abort = new AbortController();
    if (this.#parents.length > 1) {
      const signals = [...this.roots()].map((root) => root.signal);
      const look = () => signals.every(({ aborted }) => aborted) && abort.abort(signals[0]!.reason);
      for (const signal of signals) signal.addEventListener("abort", look, { once: true });
      look();
    }
    return abort.signal;
  }

  /** Nobody waits for the answer any more. */
  abort(reason: unknown): void {
    (this.#abort ??= new AbortController()).abort(reason);
  }

  /** The trips that began with an event that was sent in. */
  *roots(): Generator<Trip> {
    if (this.#parents.length === 0) yield this;
    else for (const parent of this.#parents) yield* parent.roots();
  }

  #shift(from: State, to: State): void {
    this.#held += Number(to !== "going") - Number(from !== "going");
    this.#queued += Number(to === "queued") - Number(from === "queued");
    this.#joining += Number(to === "joining") - Number(from === "joining");
    if (this.#joining < 0 || this.#held < this.#joining || this.#live < this.#held) {
      throw new Error(
        `Cannot count a branch as ${to}: ${this.#live} are live, ${this.#held} held, ${this.#joining} in joins`,
      );
    }
    this.#update();
  }

  /** Tells what became of the branches to the trips above. Whoever has to act on it acts when all of them know. */
  #update(): void {
    const state = this.#live === this.#joining
      ? "joining"
      : this.#live !== this.#held
      ? "going"
      : this.#queued > 0
      ? "queued"
      : "held";
    const earlier = this.#state;
    this.#state = state;
    if (state !== "going") this.#idle();
    if (state === "held" || state === "joining") this.#rest();
    if (state !== earlier) { for (const parent of this.#parents) parent.#shift(earlier, state); }
    if (state === "joining" && this.#waits !== undefined && this.#waits.size > 0) STALLED.push(this);
  }

  /** Nothing more can come: the joins that wait give out what they have. Each may set branches going again. */
  tellJoins(): void {
    const waits = this.#waits!;
    for (const [event, step] of [...waits]) {
      if (this.#state !== "joining" || this.isDone) return;
      if (waits.has(event)) step.operator.stalled?.(event);
    }
  }

  #rest(): void {
    const rest = this.#onRest;
    this.#onRest = undefined;
    rest?.();
  }

  #idle(): void {
    const idle = this.#onIdle;
    this.#onIdle = undefined;
    idle?.();
  }
}

/**
 * What its branches do: at least one is going; all are kept, at least one by a queue, from which it goes on by itself; all are kept by
 * steps that wait for other events or their time; all are kept by steps that wait for siblings.
 */
type State = "going" | "queued" | "held" | "joining";

/** What a branch does that a step keeps. */
function keeping({ isBorder, operator }: RunningStep): State {
  return isBorder ? "queued" : operator.stalled !== undefined ? "joining" : "held";
}

/** Trips whose branches all wait in joins, to be told when the change that led there is complete. */
const STALLED: Trip[] = [];
let isTelling = false;

/** Tells joins one after another: what they do may bring more, which is told behind it, on no deeper stack. */
function tellStalled(): void {
  if (isTelling) return;
  isTelling = true;
  try {
    for (let trip = STALLED.shift(); trip !== undefined; trip = STALLED.shift()) trip.tellJoins();
  } finally {
    isTelling = false;
  }
}

const NO_PARENTS: readonly Trip[] = Object.freeze([]);
const ANSWERS: TripOptions = Object.freeze({ answers: true });

/** The trip that an event is on. */
export function tripOf(event: FlowEvent): Trip {
  return event.track as Trip;
}
