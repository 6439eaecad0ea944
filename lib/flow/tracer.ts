import type { Clock } from "../graph/clock.ts";
import type { FlowEvent } from "../graph/event.ts";
import { copyData } from "./copy.ts";
import type { Probe } from "./probe.ts";
import type { RunningStep } from "./running_step.ts";
import { SYSTEM_CLOCK } from "./system_clock.ts";
import { type Trip, tripOf } from "./trip.ts";

/** What one step did with one event of a traced request. */
export interface TraceStep {
  /** The name of the step. */
  readonly step: string;
  /** The function that it runs in. */
  readonly function: string;
  /** The body as it came in: a copy. */
  readonly received: unknown;
  /** The bodies that went on: none where the event ended or is held, several behind a list or a stream. */
  readonly returned: readonly unknown[];
  /** How it ended; `held` where the step waits for other events or for its time. */
  readonly state: "went on" | "ended" | "held" | "failed";
  /** Milliseconds from the body's coming in to the last going on, waiting for promises and in queues included. */
  readonly tookMs: number;
  /** What the step threw. */
  readonly error?: unknown;
}

type Entry = { -readonly [Key in keyof TraceStep]: TraceStep[Key] } & {
  readonly event: FlowEvent;
  readonly startMs: number;
  readonly returned: unknown[];
  /** More may come: the step works on it, keeps it, or streams. */
  isOpen: boolean;
};

/** Writes down what every step does with one event and with all that becomes of it: branches, lists, batches, queues. */
export class Tracer implements Probe {
  readonly #id: string;
  readonly #steps: ReadonlyMap<string, RunningStep>;
  readonly #now: () => number;
  readonly #entries: Entry[] = [];
  readonly #entered = Promise.withResolvers<void>();
  #root: Trip | undefined;

  /** Traces the next event with this id that enters the flow. */
  constructor(id: string, steps: readonly RunningStep[], clock: Clock) {
    this.#id = id;
    this.#steps = new Map(steps.map((step) => [step.name, step]));
    this.#now = clock === SYSTEM_CLOCK ? () => performance.now() : () => clock.now();
  }

  /** What has been written down so far, in the order in which events entered steps. */
  get entries(): readonly TraceStep[] {
    return this.#entries.map(({ event: _event, startMs: _start, isOpen: _isOpen, ...entry }) => entry);
  }

  /** Resolves when the event has entered the flow. */
  get entered(): Promise<void> {
    return this.#entered.promise;
  }

  /** Whether the caller has an answer; also where the event never entered. */
  get isAnswered(): boolean {
    return this.#root === undefined || this.#root.outcome !== undefined;
  }

  enter(step: string, event: FlowEvent): void {
    if (!this.#isTraced(event)) return;
    this.#entries.push({
      step,
      function: this.#steps.get(step)!.function,
      received: snapshot(event.body),
      returned: [],
      state: "ended",
      tookMs: 0,
      event,
      startMs: this.#now(),
      isOpen: true,
    });
  }

  leave(step: string, event: FlowEvent, went: readonly FlowEvent[]): void {
    this.#note(step, event, (entry) => {
      if (went.length > 0) entry.state = "went on";
      entry.returned.push(...went.map(({ body }) => snapshot(body)));
      entry.isOpen = event.chunk !== undefined && event !== entry.event;
    });
  }

  hold(step: string, event: FlowEvent): void {
    this.#note(step, event, (entry) => entry.state = "held");
  }

  fail(step: string, event: FlowEvent, error: unknown): void {
    this.#note(step, event, (entry) => {
      entry.state = "failed";
      entry.error = error;
      entry.isOpen = false;
    });
  }

  /** Resolves when everything that became of the event is done, or is kept by steps that wait for other events or for their time. */
  async settled(): Promise<void> {
    const root = this.#root;
    if (root === undefined) return;
    const borders = [...this.#steps.values()].filter((step) => step.isBorder);
    let seen = -1;
    while (!root.isDone && seen !== this.#entries.length) {
      seen = this.#entries.length;
      await new Promise<void>((idle) => root.whenIdle(idle));
      for (const { operator } of borders) await operator.flush?.(); // a queue goes on by itself
    }
  }

  #isTraced(event: FlowEvent): boolean {
    const roots = tripOf(event).roots();
    if (this.#root !== undefined) return roots.some((root) => root === this.#root);
    if (event.id !== this.#id) return false;
    this.#root = roots.next().value!;
    this.#entered.resolve();
    return true;
  }

  /** The entry of this event at this step; for an event that the step made of others, theirs. */
  #note(step: string, event: FlowEvent, write: (entry: Entry) => void): void {
    if (!this.#isTraced(event)) return;
    const own = this.#entries.findLast((entry) => entry.event === event && entry.step === step);
    const entries = own === undefined ? this.#entries.filter((entry) => entry.step === step && entry.isOpen) : [own];
    for (const entry of entries) {
      write(entry);
      entry.tookMs = this.#now() - entry.startMs;
    }
  }
}

/** A copy that later steps cannot change; what cannot be copied is kept as it is. */
function snapshot(body: unknown): unknown {
  try {
    return copyData(body);
  } catch {
    return body;
  }
}
