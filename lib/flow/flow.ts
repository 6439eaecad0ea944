import { type Fault, GraphError, StatusError, StepError } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";
import type { Plan } from "../graph/compile.ts";
import { type EventInit, FlowEvent } from "../graph/event.ts";
import { Counts } from "./counts.ts";
import { openSteps } from "./open.ts";
import type { Probe } from "./probe.ts";
import type { RunningStep } from "./running_step.ts";
import { statesByFunction, type Surroundings } from "./surroundings.ts";
import { Stop, type Straight, straightWay } from "./straight.ts";
import { SYSTEM_CLOCK } from "./system_clock.ts";
import { Traffic } from "./traffic.ts";
import { type Outcome, replyTo } from "./outcome.ts";
import { Trip } from "./trip.ts";
import { Walk } from "./walk.ts";

/** How a flow is started. */
export interface StartOptions {
  /** What steps may ask of where they run. */
  readonly surroundings: Surroundings;
  /** Told of each step that an event enters; for tests. Default: nobody is told, at no cost. */
  readonly observe?: (step: string, event: FlowEvent) => void;
  /** How many events may wait for something at once before `emit` waits. Default: the graph's limit, else 1,000. */
  readonly maxInFlight?: number;
}

const MAX_IN_FLIGHT = 1_000; // enough to keep asynchronous steps busy, few enough to be held in memory

/**
 * Opens every step of a plan at once, loads its models, and gives the running flow.
 *
 * @throws {GraphError} Naming every step that could not be opened; those that could are closed again.
 */
export async function start(plan: Plan, options: StartOptions): Promise<Flow> {
  const { observe } = options;
  const surroundings = { stateOf: statesByFunction(), ...options.surroundings };
  const sent = new Map<string, unknown[]>();
  const counts = new Counts();
  const faults: Fault[] = [];
  const clock = surroundings.clock ?? SYSTEM_CLOCK;
  const traffic = new Traffic({
    clock,
    maxWaiting: options.maxInFlight ?? plan.limits.maxInFlight ?? MAX_IN_FLIGHT,
    timeoutMs: plan.limits.timeoutMs,
    onFailure(event, error, isTold) {
      counts.add(error.step, "failed");
      if (isTold) return;
      const name = error.cause instanceof Error ? error.cause.name : typeof error.cause;
      surroundings.log.error(error.message, { event: event.id, step: error.step, error: name });
    },
  });
  const walk = new Walk(traffic, observe === undefined ? undefined : { enter: observe });
  const steps = await openSteps(plan, { walk, clock, counts, sent, surroundings, faults });
  if (faults.length > 0) {
    await Promise.allSettled(steps.map((step) => step?.operator.close?.()));
    throw new GraphError(`start graph "${plan.name}"`, faults);
  }
  return new Flow({ plan, walk, steps: steps as RunningStep[], sent, counts, traffic, clock });
}

interface Parts {
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
  readonly #parts: Parts;
  readonly #starts: readonly RunningStep[];
  readonly #straight: Straight | undefined;
  #closed: Promise<unknown> | undefined;

  /** Made by `start`. */
  constructor(parts: Parts) {
    this.#parts = parts;
    this.#starts = parts.plan.starts.map((index) => parts.steps[index]!);
    this.#straight = straightWay(parts.plan, parts.steps);
  }

  /**
   * Sends a body in and resolves with the reply; with the event's id where no step answers, with undefined where the event ended
   * on its way, and with an async iterable of chunks where a streaming step answers.
   *
   * @throws {StepError} If a step on the way to the reply failed and no handler took the failure.
   */
  // deno-lint-ignore no-explicit-any -- the reply is what the graph's steps make of it
  ask<Reply = any>(body: unknown, options?: EventInit): Promise<Reply> {
    try {
      const straight = this.#straight;
      if (straight !== undefined && this.#isFree) {
        const reply = straight.run(body);
        if (!(reply instanceof Stop)) return Promise.resolve(reply as Reply);
        const event = new FlowEvent(reply.body, options);
        return replyTo(event, this.#takeOver(reply, event)) as Promise<Reply>;
      }
      const event = new FlowEvent(body, options);
      return replyTo(event, this.handle(event)) as Promise<Reply>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Sends an event in and resolves with how it ended for the sender. */
  handle(event: FlowEvent): Outcome | Promise<Outcome> {
    const straight = this.#straight;
    if (straight !== undefined && this.#isFree) {
      const reply = straight.run(event.body);
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

  /** Who is told of every step that an event enters and leaves; undefined for nobody, which costs nothing. */
  set probe(probe: Probe | undefined) {
    this.#parts.walk.probe = probe;
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
    const errors: unknown[] = [];
    for (let before = -1; traffic.live > 0 && traffic.live !== before;) {
      before = traffic.live;
      for (const step of steps) {
        try {
          await step.operator.flush?.();
        } catch (error) {
          errors.push(error);
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
        errors.push(error);
        return [];
      }
    });
    const closings = await Promise.allSettled(steps.map(async (step) => await step.operator.close?.()));
    errors.push(...closings.flatMap((closing) => closing.status === "rejected" ? [closing.reason] : []));
    if (errors.length > 0) {
      throw new AggregateError(errors, `Cannot close ${errors.length} steps of "${plan.name}"`);
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
