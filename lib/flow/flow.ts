import { type Fault, GraphError, StatusError, StepError } from "../errors.ts";
import type { Clock } from "../graph/clock.ts";
import type { Plan } from "../graph/compile.ts";
import { type EventInit, FlowEvent } from "../graph/event.ts";
import type { Schema } from "../graph/schema.ts";
import { closeFlow } from "./closing.ts";
import { Counts } from "./counts.ts";
import { type FailureRecord, Failures } from "./failures.ts";
import { openSteps } from "./open.ts";
import { openFaults } from "./open_faults.ts";
import type { Probe } from "./probe.ts";
import type { RunningStep } from "./running_step.ts";
import type { Surroundings } from "./surroundings.ts";
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

/** How a flow is closed. */
export interface CloseOptions {
  /** How long to wait for what is under way, in milliseconds. Default: the graph's `closeTimeoutMs`, else 30,000. */
  readonly timeoutMs?: number | undefined;
}

const CLOSE_MS = 30_000; // the time that Kubernetes gives a pod
const MAX_IN_FLIGHT = 1_000; // enough to keep asynchronous steps busy, few enough to be held in memory

/**
 * Opens every step of a plan at once, loads its models, and gives the running flow.
 *
 * @throws {GraphError} Naming every step that could not be opened; those that could are closed again.
 */
export async function start(plan: Plan, options: StartOptions): Promise<Flow> {
  const { surroundings, observe } = options;
  const sent = new Map<string, unknown[]>();
  const counts = new Counts();
  const faults: Fault[] = [];
  const clock = surroundings.clock ?? SYSTEM_CLOCK;
  const failures = new Failures(surroundings, counts, clock);
  const traffic = new Traffic({
    clock,
    maxWaiting: options.maxInFlight ?? plan.limits.maxInFlight ?? MAX_IN_FLIGHT,
    timeoutMs: plan.limits.timeoutMs,
    onFailure: (event, error, isTold) => failures.failed(event, error, isTold),
  });
  const walk = new Walk(traffic, {
    probe: observe === undefined ? undefined : { enter: observe },
    freezes: surroundings.isMock,
  });
  const steps = await openSteps(plan, {
    walk,
    clock,
    counts,
    sent,
    surroundings: {
      ...surroundings,
      pushError(event, error, step) {
        surroundings.pushError?.(event, error, step);
        failures.reported(event, error, step);
      },
    },
    faults,
  });
  if (faults.length === 0) faults.push(...openFaults(plan, steps as RunningStep[], surroundings.log));
  if (faults.length > 0) {
    await Promise.allSettled(steps.map((step) => step?.operator.close?.()));
    throw new GraphError(`start graph "${plan.name}"`, faults);
  }
  return new Flow({ plan, walk, steps: steps as RunningStep[], sent, counts, failures, traffic, clock });
}

interface Parts {
  readonly plan: Plan;
  readonly walk: Walk;
  readonly steps: readonly RunningStep[];
  readonly sent: ReadonlyMap<string, readonly unknown[]>;
  readonly counts: Counts;
  readonly failures: Failures;
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
    return this.#parts.traffic.outcomeOf(trip, event);
  }

  /**
   * Sends an event in and resolves when everything that became of it is done: with a failure, if any branch failed and no handler
   * took it, else with how it ended for the sender. A stream acknowledges its record then.
   */
  deliver(event: FlowEvent): Promise<Outcome> {
    return new Promise((resolve) => {
      const refusal = this.#refuse(event);
      if (refusal !== undefined) return resolve(refusal);
      const trip = new Trip();
      trip.isDelivered = true;
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
    if (traffic.isFull) return traffic.turn().then(() => this.#emit(event)).finally(() => traffic.entered());
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

  /**
   * The events whose failure no handler took and nobody was told of, oldest first; at most the last 10,000. An event whose error
   * handler failed is there as well. How many there were is counted: `counts()[step].deadLetters`.
   */
  deadLetters(): readonly FailureRecord[] {
    return this.#parts.failures.letters;
  }

  /** How often things happened, by step and name: `failed`, `deadLetters`, `late`, `dropped`. */
  counts(): Record<string, Record<string, number>> {
    return this.#parts.counts.toObject();
  }

  /** Who is told of every step that an event enters and leaves; undefined for nobody, which costs nothing. */
  set probe(probe: Probe | undefined) {
    this.#parts.walk.probe = probe;
  }

  /**
   * Takes no more events, has the steps give out what they hold, waits for what is under way, then closes every step. Gives the
   * result of the step that folds all events; of several, an object by step. A second call waits for the first.
   *
   * @param options `timeoutMs`: what is still under way after so many milliseconds fails with status 503, more than 0, `Infinity` for
   * no limit. Default: the graph's `closeTimeoutMs`, else 30,000, the time that Kubernetes gives.
   * @throws {AggregateError} With what steps threw, and the step and event of everything that was given up.
   */
  // deno-lint-ignore no-explicit-any -- the result is what the graph's folding steps make of it
  close<Total = any>({ timeoutMs }: CloseOptions = {}): Promise<Total> {
    if (timeoutMs !== undefined && !(timeoutMs > 0)) {
      return Promise.reject(new RangeError(`Cannot close the flow in ${timeoutMs} ms: timeoutMs is more than 0`));
    }
    const { limits } = this.#parts.plan;
    return (this.#closed ??= closeFlow(this.#parts, timeoutMs ?? limits.closeTimeoutMs ?? CLOSE_MS)) as Promise<Total>;
  }

  /** Closes the flow, see `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
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
    return traffic.outcomeOf(trip, event);
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
      const isTold = trip.settle({ kind: "failed", error: failure });
      trip.note(failure);
      traffic.onFailure(event, failure, isTold);
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
    let parsed: ReturnType<Schema<unknown>["safeParse"]>;
    try {
      parsed = plan.input.safeParse(event.body);
    } catch (error) { // a check of the user's own
      return { kind: "failed", error: new StepError("input", error) };
    }
    if (parsed.success) {
      event.body = parsed.data;
      return undefined;
    }
    const fields = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; ");
    const cause = new StatusError(422, `Cannot take the request as input of graph "${plan.name}": ${fields}`);
    return { kind: "failed", error: new StepError("input", cause) };
  }
}
