import { StatusError, StepError } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";
import type { Plan } from "../graph/compile.ts";
import { type EventInit, FlowEvent } from "../graph/event.ts";
import type { Counts } from "./counts.ts";
import { joinProbes, type Probe } from "./probe.ts";
import type { RunningStep } from "./running_step.ts";
import { Stop, straightWay } from "./straight.ts";
import { Tracer, type TraceStep } from "./tracer.ts";
import type { Traffic } from "./traffic.ts";
import { type Outcome, replyTo } from "./outcome.ts";
import { Trip } from "./trip.ts";
import type { Walk } from "./walk.ts";

/** What a running flow is made of. */
export interface FlowParts {
  readonly plan: Plan;
  readonly walk: Walk;
  readonly steps: readonly RunningStep[];
  readonly sent: ReadonlyMap<string, readonly unknown[]>;
  readonly counts: Counts;
  readonly traffic: Traffic;
  readonly clock: Clock;
}

/** A running graph. */
export class Flow implements AsyncDisposable {
  readonly #parts: FlowParts;
  readonly #starts: readonly RunningStep[];
  readonly #straight: ReturnType<typeof straightWay>;
  #probes: readonly Probe[];
  #closed: Promise<unknown> | undefined;

  /** Made by `start`. */
  constructor(parts: FlowParts) {
    this.#parts = parts;
    this.#starts = parts.plan.starts.map((index) => parts.steps[index]!);
    this.#straight = straightWay(parts.plan, parts.steps);
    this.#probes = parts.walk.probe === undefined ? [] : [parts.walk.probe];
  }

  /**
   * Sends a body in and resolves with the reply; with the event's id where no step answers, with undefined where the event ended
   * on its way, and with an async iterable of chunks where a streaming step answers.
   *
   * @throws {StepError} If a step on the way to the reply failed and no handler took the failure.
   */
  // deno-lint-ignore no-explicit-any -- the reply is what the graph's steps make of it
  ask<Reply = any>(body: unknown, options?: EventInit): Promise<Reply> {
    const straight = this.#straight;
    if (straight === undefined || !this.#isFree) return this.#ask(new FlowEvent(body, options)) as Promise<Reply>;
    const reply = straight(body);
    if (!(reply instanceof Stop)) return Promise.resolve(reply as Reply);
    const event = new FlowEvent(reply.body, options);
    return replyTo(event, this.#takeOver(reply, event)) as Promise<Reply>;
  }

  /** Sends an event in and resolves with how it ended for the sender. */
  handle(event: FlowEvent): Outcome | Promise<Outcome> {
    const straight = this.#straight;
    if (straight !== undefined && this.#isFree) {
      const reply = straight(event.body);
      if (!(reply instanceof Stop)) return { kind: "reply", body: reply };
      event.body = reply.body;
      return this.#takeOver(reply, event);
    }
    const refusal = this.#refuse(event);
    if (refusal !== undefined) return refusal;
    const trip = new Trip();
    this.#send(event, trip);
    return trip.outcome ?? this.#parts.traffic.outcomeOf(trip, event);
  }

  /**
   * Sends an event in and resolves when everything that became of it is done: with a failure, if any branch failed and no handler
   * took it, else with how it ended for the sender. A stream acknowledges its record then.
   */
  deliver(event: FlowEvent): Promise<Outcome> {
    const refusal = this.#refuse(event);
    if (refusal !== undefined) return Promise.resolve(refusal);
    const trip = new Trip();
    return new Promise((resolve) => {
      trip.whenDone(() => {
        resolve(trip.failure === undefined ? trip.outcome! : { kind: "failed", error: trip.failure });
      });
      this.#send(event, trip);
    });
  }

  /** Sends a body in and resolves when it is accepted; waits while too many events wait in the flow. */
  emit(body: unknown, options?: EventInit): Promise<void> {
    const event = new FlowEvent(body, options);
    event.lane ??= event.key === undefined ? "emitted" : undefined;
    const { traffic } = this.#parts;
    if (traffic.isFull) return traffic.turn().then(() => this.#emit(event));
    try {
      this.#emit(event);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What left the graph by a queue at its end, oldest first; empty for a step that is no such queue. */
  sent(queue: string): readonly unknown[] {
    return this.#parts.sent.get(queue) ?? [];
  }

  /** How often things happened, by step and name: `failed`, `late`, `dropped`. */
  counts(): Record<string, Record<string, number>> {
    return this.#parts.counts.toObject();
  }

  /** Tells somebody of every step that an event enters and leaves, until the result is called; while nobody is told, it costs nothing. */
  watch(probe: Probe): () => void {
    const { walk } = this.#parts;
    this.#probes = [...this.#probes, probe];
    walk.probe = joinProbes(this.#probes);
    return () => {
      this.#probes = this.#probes.filter((other) => other !== probe);
      walk.probe = joinProbes(this.#probes);
    };
  }

  /**
   * Writes down what every step does with the event of this id that `send` sends in, and with all that becomes of it. Resolves when all
   * of it is done, or is kept by steps that wait for other events or for their time; these are told as held.
   */
  async trace(id: string, send: () => Promise<unknown>): Promise<readonly TraceStep[]> {
    const tracer = new Tracer(id, this.#parts.steps, this.#parts.clock);
    const unwatch = this.watch(tracer);
    try {
      await send();
      await tracer.settled();
      return tracer.entries;
    } finally {
      unwatch();
    }
  }

  /**
   * Takes no more events, has the steps give out what they hold, waits for what is under way, then closes every step. Gives the
   * result of the step that folds all events; of several, an object by step.
   */
  // deno-lint-ignore no-explicit-any -- the result is what the graph's folding steps make of it
  close<Total = any>(): Promise<Total> {
    return (this.#closed ??= this.#close()) as Promise<Total>;
  }

  /** Closes the flow, see `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<unknown> {
    const { steps, traffic, plan } = this.#parts;
    await traffic.quiet();
    const errors: StepError[] = [];
    for (let before = -1; traffic.live !== before && (before < 0 || traffic.live > 0);) { // once where nothing is held, too
      before = traffic.live;
      for (const step of steps) {
        try {
          await step.operator.flush?.();
        } catch (error) {
          errors.push(new StepError(step.name, error));
        }
        await traffic.quiet();
      }
    }
    this.#failHeld();
    await traffic.drained();
    traffic.close();
    const results = steps.flatMap((step) => {
      try {
        return step.operator.result === undefined ? [] : [[step.name, step.operator.result()] as const];
      } catch (error) {
        errors.push(new StepError(step.name, error));
        return [];
      }
    });
    const closings = await Promise.allSettled(steps.map(async (step) => await step.operator.close?.()));
    errors.push(
      ...closings.flatMap((closing, index) =>
        closing.status === "rejected" ? [new StepError(steps[index]!.name, closing.reason)] : []
      ),
    );
    if (errors.length > 0) {
      const why = errors.map(({ message }) => message).join("; ");
      throw new AggregateError(errors, `Cannot close flow "${plan.name}" without failures: ${why}`);
    }
    return results.length > 1 ? Object.fromEntries(results) : results[0]?.[1];
  }

  /** What steps still hold after they were asked to give it out fails, so that nobody waits for ever. */
  #failHeld(): void {
    for (const step of this.#parts.steps) {
      for (const event of [...step.holding]) {
        this.#parts.walk.fail(step, event, new Error(`Step "${step.name}" still held the event when the flow closed`));
      }
    }
  }

  /** Nothing waits, so order cannot be broken, and nobody wants to see the event between the steps. */
  get #isFree(): boolean {
    return this.#closed === undefined && this.#parts.traffic.isIdle && this.#parts.walk.probe === undefined;
  }

  /** Goes on where the short way ended. */
  #takeOver(stop: Stop, event: FlowEvent): Outcome | Promise<Outcome> {
    const { walk, traffic } = this.#parts;
    const trip = new Trip();
    traffic.enter(trip);
    walk.takeOver(stop, event, trip);
    return trip.outcome ?? traffic.outcomeOf(trip, event);
  }

  #ask(event: FlowEvent): Promise<unknown> {
    try {
      return replyTo(event, this.handle(event));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #emit(event: FlowEvent): void {
    const refusal = this.#refuse(event);
    if (refusal !== undefined) throw refusal.error;
    const trip = new Trip();
    trip.settle({ kind: "accepted" });
    this.#send(event, trip);
  }

  #send(event: FlowEvent, trip: Trip): void {
    const { plan, walk, traffic } = this.#parts;
    if (!plan.hasResponder) trip.settle({ kind: "accepted" });
    traffic.enter(trip);
    try {
      walk.spread(this.#starts, event, trip);
    } catch (error) { // the body cannot be copied for several start steps
      const failure = new StepError(this.#starts[0]!.name, error);
      trip.settle({ kind: "failed", error: failure });
      trip.note(failure);
      trip.enter();
      trip.leave(this.#starts[0]!.name);
    }
  }

  #refuse(event: FlowEvent): Extract<Outcome, { kind: "failed" }> | undefined {
    const { plan } = this.#parts;
    if (this.#closed !== undefined) {
      throw new StatusError(503, `Cannot take event ${event.id}: flow "${plan.name}" is closed`);
    }
    if (plan.input === undefined) return undefined;
    const parsed = plan.input.safeParse(event.body);
    if (parsed.success) {
      event.body = parsed.data;
      return undefined;
    }
    const fields = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; ");
    const cause = new StatusError(422, `Cannot take the request as input of graph "${plan.name}": ${fields}`);
    return { kind: "failed", error: new StepError("input", cause) };
  }
}
