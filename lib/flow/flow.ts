import { StatusError, StepError } from "../errors.ts";
import { type EventInit, FlowEvent } from "../graph/event.ts";
import type { ServedModel } from "../graph/served_model.ts";
import { type Sending, sendRead } from "./begin.ts";
import type { Tracked } from "./call_context.ts";
import { checkInput } from "./check_input.ts";
import { closeFlow } from "./closing.ts";
import { descriptionOf, type FlowDescription } from "./flow_description.ts";
import type { FlowParts } from "./flow_parts.ts";
import { type FlowStatus, statusOf } from "./flow_status.ts";
import { discard } from "./discard.ts";
import type { FailureRecord } from "./failures.ts";
import { joinProbes, type Probe } from "./probe.ts";
import type { RunningStep } from "./running_step.ts";
import { Stop, type Straight, straightWay } from "./straight.ts";
import { Tracer, type TraceStep } from "./tracer.ts";
import { isWorthAnotherTry, type Outcome, replyTo } from "./outcome.ts";
import { Trip } from "./trip.ts";

/** How a flow is closed. */
export interface CloseOptions {
  /** How long to wait for what is under way, in milliseconds. Default: the graph's `closeTimeoutMs`, else 30,000. */
  readonly timeoutMs?: number | undefined;
}

const CLOSE_MS = 30_000; // the time that Kubernetes gives a pod

/**
 * A running graph.
 *
 * @example A program of one's own runs a graph without a server
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { serving } from "levada";
 *
 * const fn = serving("sizes");
 * fn.setTopology("flow").to("size", (text: string) => text.length).respond();
 *
 * await using flow = await fn.start(); // closed, and drained, at the end of the block
 * deepStrictEqual(await flow.ask("levada"), 6);
 * ```
 */
export class Flow implements AsyncDisposable {
  readonly #parts: FlowParts;
  readonly #starts: readonly RunningStep[];
  readonly #straight: Straight | undefined;
  readonly #entries: ReadonlyMap<string, readonly RunningStep[]>;
  #probes: readonly Probe[];
  #closed: Promise<unknown> | undefined;

  /** Made by `start`. */
  constructor(parts: FlowParts) {
    this.#parts = parts;
    this.#starts = parts.plan.starts.map((index) => parts.steps[index]!);
    this.#entries = new Map(
      parts.plan.entries.map(({ queue, steps }) => [queue, steps.map((index) => parts.steps[index]!)]),
    );
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
    if (straight === undefined || options !== undefined || !this.#isFree(straight, undefined)) {
      return this.#ask(body, options) as Promise<Reply>;
    }
    const tracked = straight.tracked();
    const reply = straight.run(body, tracked);
    if (!(reply instanceof Stop)) return Promise.resolve(reply as Reply);
    const event = new FlowEvent(reply.body);
    return replyTo(event, this.#takeOver(reply, event, tracked)) as Promise<Reply>;
  }

  /** Sends an event in and resolves with how it ended for the sender. */
  handle(event: FlowEvent): Outcome | Promise<Outcome> {
    const straight = this.#straight;
    if (straight !== undefined && this.#isFree(straight, event)) {
      const tracked = straight.tracked(event);
      const reply = straight.run(event.body, tracked);
      if (!(reply instanceof Stop)) return { kind: "reply", body: reply };
      event.body = reply.body;
      return this.#takeOver(reply, event, tracked);
    }
    const refusal = this.#refuse(event);
    if (refusal !== undefined && "kind" in refusal) return refusal;
    const trip = new Trip();
    void this.#send(event, { trip, check: refusal });
    return this.#parts.traffic.outcomeOf(trip, event);
  }

  /**
   * Sends an event in and resolves when everything that became of it is done: with a failure, if any branch failed and no handler
   * took it, else with how it ended for the sender. A stream acknowledges its record then.
   * `queue`, of one function of several: it came through this, and enters the steps behind. `isLastTry`: if it fails, the error stream is told. What leaves is kept with `pass`.
   */
  deliver(event: FlowEvent, queue?: string, isLastTry = true, pass?: { readonly isOver: boolean }): Promise<Outcome> {
    return new Promise((resolve) => {
      const starts = queue === undefined ? this.#starts : this.#entries.get(queue);
      if (starts === undefined) throw new RangeError(`Cannot deliver from "${queue}": no step here stands behind it`);
      const refusal = this.#refuse(event, queue === undefined);
      if (refusal !== undefined && "kind" in refusal) return resolve(refusal);
      const trip = Trip.delivered(pass);
      trip.whenSettled(discard);
      trip.whenDone(() => {
        const { failure: error } = trip;
        if (error !== undefined && (isLastTry || !isWorthAnotherTry(error))) trip.tellUntold();
        resolve(error === undefined ? trip.outcome! : { kind: "failed", error });
      });
      void this.#send(event, { trip, check: refusal, starts });
    });
  }

  /** Whether the flow has room for an event. */
  get isReady(): boolean {
    return !this.#parts.traffic.isFull;
  }

  /** Resolves when there is room for an event; who reads a stream asks before each record. */
  ready(): Promise<void> {
    const { traffic } = this.#parts;
    return traffic.isFull ? traffic.turn().then(() => traffic.entered()) : Promise.resolve();
  }

  /**
   * Sends a body in and resolves when it is accepted; waits while the flow is full. A step must not await it into its own flow: while
   * that is full, both wait for each other until `close` gives them up.
   */
  emit(body: unknown, options?: EventInit): Promise<void> {
    const { traffic } = this.#parts;
    try {
      const event = new FlowEvent(body, options);
      event.lane ??= event.key === undefined ? "emitted" : undefined;
      if (traffic.isFull) return traffic.turn().then(() => this.#emit(event)).finally(() => traffic.entered());
      return this.#emit(event);
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

  /** What it takes and gives, and the routers in it: what a server tells of it. */
  describe(): FlowDescription {
    return descriptionOf(this.#parts.plan);
  }

  /** How much is under way now, and what each step keeps. */
  status(): FlowStatus {
    return statusOf(this.#parts.steps, this.#parts.traffic);
  }

  /** Whether it is one step alone: what comes in comes there. */
  get isOneStep(): boolean {
    return this.#parts.steps.length === 1;
  }

  /** The models that its steps serve, in the order of the graph. */
  models(): readonly ServedModel[] {
    return this.#parts.steps.flatMap(({ operator }) => operator.models?.() ?? []);
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
      const sent = send();
      await Promise.race([sent, tracer.entered]);
      await tracer.settled();
      if (tracer.isAnswered) await sent;
      else sent.catch(() => {}); // a step holds the event: the answer comes when nobody looks any more
      return tracer.entries;
    } finally {
      unwatch();
    }
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

  /**
   * Ends the flow as a crash would: nothing is given out, closed or answered any more, and what is under way comes to nothing.
   * For tests; what steps have opened stays open.
   */
  kill(): void {
    this.#closed = Promise.resolve();
    this.#parts.walk.kill();
    this.#parts.traffic.close();
  }

  /** Closes the flow, see `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Whether an event may go the short way: it cannot overtake another, and nobody has left or wants to see it between the steps. */
  #isFree(straight: Straight, event: FlowEvent | undefined): boolean {
    const { traffic, walk } = this.#parts;
    return this.#closed === undefined && walk.probe === undefined && event?.hasLeft !== true &&
      (traffic.isIdle || straight.isFreeFor(event?.key, event?.lane));
  }

  /** Goes on where the short way ended. */
  #takeOver(stop: Stop, event: FlowEvent, { track }: Tracked): Outcome | Promise<Outcome> {
    const { walk, traffic } = this.#parts;
    const trip = (track as Trip | undefined) ?? new Trip();
    traffic.enter(trip);
    walk.takeOver(stop, event, trip);
    return traffic.outcomeOf(trip, event);
  }

  #ask(body: unknown, options: EventInit | undefined): Promise<unknown> {
    try {
      const event = new FlowEvent(body, options);
      return replyTo(event, this.handle(event));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #emit(event: FlowEvent): Promise<void> {
    const refusal = this.#refuse(event);
    if (refusal !== undefined && "kind" in refusal) throw refusal.error;
    const sent = this.#send(event, { trip: new Trip(), check: refusal, isAccepted: true });
    return sent?.then((refused) => {
      if (refused !== undefined) throw refused.error;
    }) ?? Promise.resolve();
  }

  #send(event: FlowEvent, options: Sending & { starts?: readonly RunningStep[] }): ReturnType<typeof sendRead> {
    return sendRead(options.starts ?? this.#starts, event, this.#parts, options);
  }

  #refuse(event: FlowEvent, isFromOutside = true): ReturnType<typeof checkInput> {
    const { plan } = this.#parts;
    if (this.#closed !== undefined) {
      throw new StatusError(503, `Cannot take event ${event.id}: flow "${plan.name}" is closed`);
    }
    if (event.hasLeft) {
      return {
        kind: "failed",
        error: new StepError("graph", new StatusError(499, "The caller left before its event came in")),
      };
    }
    return isFromOutside ? checkInput(event, plan) : undefined;
  }
}
