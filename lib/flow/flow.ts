import { type Fault, GraphError, StatusError, StepError } from "../errors.ts";
import type { Plan } from "../graph/compile.ts";
import { type EventInit, FlowEvent } from "../graph/event.ts";
import { openSteps } from "./open.ts";
import type { RunningStep } from "./running_step.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Outcome, Trip } from "./trip.ts";
import { Walk } from "./walk.ts";

/** How a flow is started. */
export interface StartOptions {
  /** What steps may ask of where they run. */
  readonly surroundings: Surroundings;
  /** Told of each step that an event enters; for tests and traces. Default: nobody is told, at no cost. */
  readonly observe?: (step: string, event: FlowEvent) => void;
  /** How many events may be under way before `emit` waits. Default 1,000. */
  readonly maxInFlight?: number;
}

const MAX_IN_FLIGHT = 1_000; // enough to keep asynchronous steps busy, few enough to be held in memory

/**
 * Opens every step of a plan at once, loads its models, and gives the running flow.
 *
 * @throws {GraphError} Naming every step that could not be opened; those that could are closed again.
 */
export async function start(plan: Plan, options: StartOptions): Promise<Flow> {
  const sent = new Map<string, unknown[]>();
  const faults: Fault[] = [];
  const walk = new Walk(options.surroundings, options.observe);
  const steps = await openSteps(plan, { walk, sent, surroundings: options.surroundings, faults });
  if (faults.length > 0) {
    await Promise.allSettled(steps.map((step) => step?.operator.close?.()));
    throw new GraphError(`start graph "${plan.name}"`, faults);
  }
  return new Flow({
    plan,
    walk,
    steps: steps as RunningStep[],
    sent,
    maxInFlight: options.maxInFlight ?? MAX_IN_FLIGHT,
  });
}

interface Parts {
  readonly plan: Plan;
  readonly walk: Walk;
  readonly steps: readonly RunningStep[];
  readonly sent: ReadonlyMap<string, readonly unknown[]>;
  readonly maxInFlight: number;
}

/** A running graph. */
export class Flow implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #starts: readonly RunningStep[];
  #underWay = 0;
  #waiting: (() => void)[] = [];
  #closed: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  /** Made by `start`. */
  constructor(parts: Parts) {
    this.#parts = parts;
    this.#starts = parts.plan.starts.map((index) => parts.steps[index]!);
  }

  /**
   * Sends a body in and resolves with the reply; with the event's id where no step answers, and with undefined where the event
   * ended on its way.
   *
   * @throws {StepError} If a step on the way to the reply failed and no handler took the failure.
   */
  // deno-lint-ignore no-explicit-any -- the reply is what the graph's steps make of it
  async ask<Reply = any>(body: unknown, options: EventInit = {}): Promise<Reply> {
    const event = new FlowEvent(body, options);
    const outcome = await this.handle(event);
    if (outcome.kind === "failed") throw outcome.error;
    if (outcome.kind === "accepted") return { id: event.id } as Reply;
    return (outcome.kind === "reply" ? outcome.body : undefined) as Reply;
  }

  /** Sends an event in and resolves with how it ended for the sender. */
  handle(event: FlowEvent): Outcome | Promise<Outcome> {
    this.#assertOpen(event);
    const invalid = this.#checkInput(event);
    if (invalid !== undefined) return invalid;
    let resolve: ((outcome: Outcome) => void) | undefined;
    const trip = new Trip({ onOutcome: (outcome) => resolve?.(outcome) });
    this.#send(event, trip);
    return trip.outcome ?? new Promise((settled) => resolve = settled);
  }

  /** Sends a body in and resolves when it is accepted; waits while too many events are under way. */
  async emit(body: unknown, options: EventInit = {}): Promise<void> {
    const event = new FlowEvent(body, options);
    this.#assertOpen(event);
    while (this.#underWay >= this.#parts.maxInFlight) await new Promise<void>((go) => this.#waiting.push(go));
    this.#assertOpen(event);
    const invalid = this.#checkInput(event);
    if (invalid?.kind === "failed") throw invalid.error;
    const trip = new Trip();
    trip.settle({ kind: "accepted" });
    this.#send(event, trip);
  }

  /** What left the graph by a queue at its end, oldest first; empty for a step that is no such queue. */
  sent(queue: string): readonly unknown[] {
    return this.#parts.sent.get(queue) ?? [];
  }

  /** Takes no more events, waits for those under way, then closes every step. */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  /** Closes the flow, see `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((drained) => this.#drained = drained);
    const closings = await Promise.allSettled(this.#parts.steps.map(async (step) => await step.operator.close?.()));
    const errors = closings.flatMap((closing) => closing.status === "rejected" ? [closing.reason] : []);
    if (errors.length > 0) {
      throw new AggregateError(errors, `Cannot close ${errors.length} steps of "${this.#parts.plan.name}"`);
    }
  }

  #send(event: FlowEvent, trip: Trip): void {
    this.#underWay += 1;
    if (!this.#parts.plan.hasResponder) trip.settle({ kind: "accepted" });
    trip.onDone(() => this.#done());
    try {
      this.#parts.walk.spread(this.#starts, event, trip);
    } catch (error) { // the body cannot be copied for several start steps
      trip.settle({ kind: "failed", error: new StepError(this.#starts[0]!.name, error) });
      this.#done();
    }
  }

  #done(): void {
    this.#underWay -= 1;
    this.#waiting.shift()?.();
    if (this.#underWay === 0) this.#drained?.();
  }

  #assertOpen(event: FlowEvent): void {
    if (this.#closed !== undefined) {
      throw new StatusError(503, `Cannot take event ${event.id}: flow "${this.#parts.plan.name}" is closed`);
    }
  }

  #checkInput(event: FlowEvent): Extract<Outcome, { kind: "failed" }> | undefined {
    const parsed = this.#parts.plan.input?.safeParse(event.body);
    if (parsed === undefined) return undefined;
    if (parsed.success) {
      event.body = parsed.data;
      return undefined;
    }
    const fields = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; ");
    const cause = new StatusError(
      422,
      `Cannot take the request as input of graph "${this.#parts.plan.name}": ${fields}`,
    );
    return { kind: "failed", error: new StepError("input", cause) };
  }
}
