import { StatusError, StepError } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";
import type { FlowEvent } from "../graph/event.ts";
import { Caller, Callers } from "./callers.ts";
import { Deadlines } from "./deadlines.ts";
import type { Outcome } from "./outcome.ts";
import type { Trip } from "./trip.ts";
import type { WalkListener } from "./walk_options.ts";

/** What the traffic of a flow is counted with. */
export interface TrafficOptions {
  readonly clock: Clock;
  /** How many branches may wait for something before new events have to wait outside. */
  readonly maxWaiting: number;
  /** An event without an answer after so many milliseconds fails. */
  readonly timeoutMs: number | undefined;
  readonly onFailure: WalkListener["onFailure"];
}

/** Counts what is under way in a flow: says when it is full, when it is quiet, when it has drained, and when somebody waited too long. */
export class Traffic implements WalkListener {
  readonly onFailure: WalkListener["onFailure"];
  readonly #options: TrafficOptions;
  readonly #deadlines: Deadlines<Trip> | undefined;
  readonly #callers: Callers;
  /** How many events have branches that are not done. */
  live = 0;
  #waiting = 0;
  readonly #outside: (() => void)[] = [];
  #isEntering = false;
  #quiet: (() => void)[] = [];
  #drained: (() => void)[] = [];

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.onFailure = options.onFailure;
    this.#callers = new Callers(options.clock);
    if (options.timeoutMs !== undefined) {
      this.#deadlines = new Deadlines(options.clock, options.timeoutMs, (trip) => this.#timeOut(trip));
    }
  }

  /** Whether new events have to wait: for room, or for others that came before. */
  get isFull(): boolean {
    return this.#waiting >= this.#options.maxWaiting || this.#outside.length > 0 || this.#isEntering;
  }

  /** How many branches wait for a promise. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether nothing waits for a promise. */
  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  /** Resolves when a new event may enter; the first to ask is the first to enter. It calls `entered` when it has. */
  turn(): Promise<void> {
    return new Promise<void>((go) => this.#outside.push(go));
  }

  /** An event that had its turn is in; it may have left room for the next. */
  entered(): void {
    this.#isEntering = false;
    this.#letIn();
  }

  /** An event enters the flow. */
  enter(trip: Trip): void {
    this.live += 1;
    trip.listener = this;
  }

  /** The outcome of an event that was sent in; the sender's leaving and the deadline count from here, for a stream until its end. */
  outcomeOf(trip: Trip, event: FlowEvent): Outcome | Promise<Outcome> {
    if (!trip.isDone) trip.due = this.#deadlines?.add(trip);
    if (trip.outcome !== undefined) {
      if (trip.outcome.kind !== "stream") this.#inTime(trip);
      return trip.outcome;
    }
    const leave = () => this.#abandon(trip, new StatusError(499, "The caller left before the answer was there"));
    const caller = event.hasSender ? new Caller(event, leave) : undefined;
    return new Promise<Outcome>((resolve) => {
      trip.whenSettled((settled) => {
        if (settled.kind !== "stream") this.#inTime(trip); // what follows the answer has its time
        if (caller !== undefined) this.#callers.delete(caller);
        resolve(settled);
      });
      if (caller !== undefined) this.#callers.add(caller);
    });
  }

  /** An event has no branches any more. */
  onDone(trip: Trip): void {
    this.live -= 1;
    this.#inTime(trip);
    trip.visits = undefined;
    if (trip.outcome?.kind === "stream") trip.outcome.chunks.end();
    if (this.live === 0) { for (const go of this.#drained.splice(0)) go(); }
  }

  /** A branch begins to wait for something, or goes on. */
  onWait(change: 1 | -1, event: FlowEvent, giveUp: (() => void) | undefined): void {
    this.#waiting += change;
    if (giveUp !== undefined && (this.#deadlines !== undefined || event.hasSender)) {
      const trip = event.track as Trip;
      if (trip.parents.length === 0) (trip.visits ??= []).push(giveUp);
      else {
        const waiting = new Set(trip.roots());
        for (const root of [...waiting]) { // not before the last of its callers has left
          (root.visits ??= []).push(() => waiting.delete(root) && waiting.size === 0 && giveUp());
        }
      }
    }
    if (change > 0) return;
    this.#letIn();
    if (this.#waiting === 0 && this.#quiet.length > 0) queueMicrotask(() => this.#lookQuiet());
  }

  /** Resolves when nothing waits for a promise: what is left is held by steps. */
  async quiet(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        this.#quiet.push(resolve);
        queueMicrotask(() => this.#lookQuiet());
      });
    } while (this.#waiting > 0);
  }

  /** Resolves when no event is under way. */
  drained(): Promise<void> {
    return this.live === 0 ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Nothing is waited for any more. */
  close(): void {
    this.#deadlines?.close();
    this.#callers.close();
  }

  #letIn(): void {
    if (this.#isEntering || this.#waiting >= this.#options.maxWaiting) return;
    const go = this.#outside.shift();
    if (go === undefined) return;
    this.#isEntering = true;
    go();
  }

  #lookQuiet(): void {
    if (this.#waiting > 0) return;
    for (const go of this.#quiet.splice(0)) go();
  }

  #inTime(trip: Trip): void {
    if (trip.due === undefined) return;
    this.#deadlines!.delete(trip.due);
    trip.due = undefined;
  }

  #timeOut(trip: Trip): void {
    this.#abandon(
      trip,
      new StatusError(
        504,
        `The event has no answer after ${this.#options.timeoutMs} ms, the time that graph or server give it`,
      ),
    );
  }

  #abandon(trip: Trip, error: StatusError): void {
    const failure = new StepError("graph", error);
    trip.abort(error);
    trip.note(failure);
    trip.settle({ kind: "failed", error: failure });
    if (trip.outcome?.kind === "stream") trip.outcome.chunks.giveUp(failure);
    const { visits = [] } = trip;
    trip.visits = undefined;
    for (const giveUp of visits) giveUp();
  }
}
