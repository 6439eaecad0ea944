import { z } from "zod";
import { type Fault, StatusError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import { HELD, type Operator, type Reaction, type StepDefinition, type StepScope } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";

/** How a queue is made. */
export interface QueueOptions {
  /** The stream between two functions, or the way out at the end of a graph: `memory://articles`. Default: in this process. */
  path?: string;
  /** How many events wait at most, 1 or more. Default 1,000. */
  capacityEvents?: number;
  /** What happens to an event that finds the queue full: it waits (default), is dropped, or is refused with 503. */
  whenFull?: "wait" | "drop" | "refuse";
}

const OPTIONS = z.strictObject({
  path: z.string().min(1, "is empty; leave it out for a queue in this process").optional(),
  capacityEvents: z.int().min(1).optional(),
  whenFull: z.enum(["wait", "drop", "refuse"]).optional(),
});

const CAPACITY_EVENTS = 1_000;

/** What `queue` does with events. */
export const QUEUE: StepDefinition = {
  kind: "queue",
  shape: "cds",
  options: OPTIONS,
  code: {},
  isBorder: true,
  passes: true,
  holds: true,
  check(spec, { isTerminal }) {
    return isTerminal && spec.options.path === undefined ? [NO_WAY_OUT] : [];
  },
  open(spec, scope) {
    const options = OPTIONS.parse(spec.options);
    return scope.isTerminal ? wayOut(scope) : new MemoryQueue(options, scope);
  },
};

const NO_WAY_OUT: Fault = {
  cause: "the queue is the end of the graph and has no path, so what enters it is lost",
  cure: `Say where it leads: queue({ path: "memory://name" }), or put a step behind it`,
  severity: "error",
};

function wayOut(scope: StepScope): Operator {
  return {
    process(event) {
      scope.send(event);
      return event;
    },
  };
}

/** Events that wait in this process. One at a time goes on, in order, when the one before has left every step behind the queue. */
class MemoryQueue implements Operator {
  readonly #scope: StepScope;
  readonly #capacity: number;
  readonly #whenFull: QueueOptions["whenFull"];
  readonly #events: FlowEvent[] = [];
  readonly #waiting: (() => void)[] = [];
  #running: Promise<void> | undefined;

  constructor(options: z.infer<typeof OPTIONS>, scope: StepScope) {
    this.#scope = scope;
    this.#capacity = options.capacityEvents ?? CAPACITY_EVENTS;
    this.#whenFull = options.whenFull ?? "wait";
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    if (this.#events.length < this.#capacity) return this.#take(event);
    if (this.#whenFull === "drop") return [];
    if (this.#whenFull === "refuse") {
      throw new StatusError(503, `Queue "${this.#scope.context.step}" is full: ${this.#capacity} events wait in it`);
    }
    return new Promise((resolve) => this.#waiting.push(() => resolve(this.#take(event))));
  }

  /** Waits until the queue is empty. */
  async flush(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #take(event: FlowEvent): typeof HELD {
    this.#events.push(event);
    this.#running ??= Promise.resolve().then(() => this.#run());
    return HELD;
  }

  async #run(): Promise<void> {
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      this.#waiting.shift()?.();
      await this.#scope.release(event);
    }
    this.#running = undefined;
  }
}

/**
 * The border between two functions, or a way out at the end of a graph. Steps behind it run on their own: the steps before it
 * go on with the next event meanwhile.
 *
 * @example What leaves a graph by a queue at its end
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { queue, serving } from "levada";
 *
 * const fn = serving("orders");
 * fn.setTopology("flow").to("out", queue({ path: "memory://orders" }));
 *
 * await using server = await fn.toMockServer();
 * await server.test("/", { order: 1 });
 * deepStrictEqual(server.sent("out"), [{ order: 1 }]);
 * ```
 */
export function queue<In>(options: QueueOptions = {}): ReadyStep<In, In> {
  return new ReadyStep(QUEUE, { ...options });
}
