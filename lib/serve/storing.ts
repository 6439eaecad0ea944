import { StatusError, StepError } from "../errors.ts";
import { Deadlines } from "../flow/deadlines.ts";
import type { Flow } from "../flow/flow.ts";
import type { Outcome } from "../flow/outcome.ts";
import { SYSTEM_CLOCK } from "../flow/system_clock.ts";
import type { Clock } from "../graph/clock.ts";
import type { FlowEvent } from "../graph/event.ts";
import type { Visit } from "./limits/door.ts";
import type { FailureTeller } from "./tell_failure.ts";

interface StoringOptions {
  readonly timeoutMs: number;
  /** Not told of what the flow has written itself. */
  readonly failures?: FailureTeller | undefined;
  readonly clock?: Clock;
}

interface Waiting {
  readonly event: FlowEvent;
  readonly tell: (outcome: Outcome) => void;
}

/** Sends events into a flow for senders who may forget them when they are told the id: all that became of one is done then. */
export class Storing {
  readonly #flow: Flow;
  readonly #timeoutMs: number;
  readonly #late: Deadlines<Waiting>;
  readonly #failures: FailureTeller | undefined;

  /** Who has waited for `timeoutMs` waits no longer. */
  constructor(flow: Flow, { timeoutMs, failures, clock = SYSTEM_CLOCK }: StoringOptions) {
    this.#flow = flow;
    this.#failures = failures;
    this.#timeoutMs = timeoutMs;
    this.#late = new Deadlines(clock, timeoutMs, ({ event, tell }) => tell(this.#tooLate(event)));
  }

  /**
   * Resolves when everything that became of the event is done, and the streams that it went into have it; with a failure, if any branch
   * failed, or it takes too long. The event goes on when its sender waits no more, and keeps the turn of its visit until it is done: what
   * waits for a full stream stays bounded by the limits.
   */
  send(event: FlowEvent, visit: Visit | undefined): Promise<Outcome> {
    const done = this.#flow.deliver(event).then((outcome) => this.#noted(outcome));
    visit?.lend({ whenEnded: (ended) => void done.then(ended, ended) });
    if (this.#timeoutMs === Infinity) return done;
    return new Promise<Outcome>((tell, fail) => {
      const due = this.#late.add({ event, tell });
      const forget = () => this.#late.delete(due);
      done.then(tell, fail).finally(forget);
    });
  }

  /** Nobody is told any more that it takes too long. */
  close(): void {
    this.#late.close();
  }

  /** The flow writes what a step failed with; not why an event did not come in. */
  #noted(outcome: Outcome): Outcome {
    if (outcome.kind === "failed" && !["input", "graph"].includes(outcome.error.step)) {
      this.#failures?.leaveOut(outcome.error);
    }
    return outcome;
  }

  #tooLate({ id }: FlowEvent): Outcome {
    const why =
      `Event ${id} is not stored after ${this.#timeoutMs} ms, the time that graph or server give it: it may be later`;
    return { kind: "failed", error: new StepError("graph", new StatusError(504, why)) };
  }
}
