import type { FlowEvent } from "../graph/event.ts";
import type { RunningStep } from "./running_step.ts";

/** What is to be done: events that are to enter steps, the last one first. One loop does it, however deep it was asked for. */
export class Work {
  readonly #steps: RunningStep[] = [];
  readonly #events: FlowEvent[] = [];
  readonly #walk: (step: RunningStep, event: FlowEvent) => void;
  #isRunning = false;

  /** `walk` takes one event into a step, and may add more to do. */
  constructor(walk: (step: RunningStep, event: FlowEvent) => void) {
    this.#walk = walk;
  }

  /** An event is to enter a step. */
  later(step: RunningStep, event: FlowEvent): void {
    this.#steps.push(step);
    this.#events.push(event);
  }

  /** Does everything, unless that is under way already. */
  run(): void {
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
}
