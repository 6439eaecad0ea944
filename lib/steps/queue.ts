import { z } from "zod";
import { type Fault, StatusError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import {
  HELD,
  type Operator,
  type Outlet,
  type Reaction,
  type StepDefinition,
  type StepScope,
} from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";

/** How a queue is made. */
export interface QueueOptions {
  /** The stream between two functions, or the way out at the end of a graph: `memory://articles`. Default: in this process. */
  path?: string;
  /** How many events wait at most, 1 or more. Default 1,000. Where functions run apart, as many more may wait in the stream. */
  capacityEvents?: number;
  /**
   * Where a function is fed by it: whether what the function publishes and the acknowledgement of what it was made of go to Kafka in one
   * transaction. All its streams lie in one cluster then; see the README. Default false. In one process it says nothing.
   */
  exactlyOnce?: boolean;
  /** What happens to an event that finds the queue full: it waits (default), is dropped, or is refused with 503. */
  whenFull?: "wait" | "drop" | "refuse";
}

const OPTIONS = z.strictObject({
  path: z.string().min(1, "is empty; leave it out for a queue in this process").optional(),
  capacityEvents: z.int().min(1).optional(),
  exactlyOnce: z.boolean().optional(),
  whenFull: z.enum(["wait", "drop", "refuse"]).optional(),
});

const CAPACITY_EVENTS = 1_000;
const AT_ONCE = 500; // of small records, enough for a broker to be asked seldom

/** What `queue` does with events. */
export const QUEUE: StepDefinition = {
  kind: "queue",
  shape: "cds",
  options: OPTIONS,
  code: {},
  isBorder: true,
  passes: true,
  holds: true,
  check(spec, { outlets }) {
    const { path, exactlyOnce } = spec.options as QueueOptions;
    if (exactlyOnce === true && (outlets.length === 0 || !/^kafka:/i.test(path ?? ""))) return [NO_EXCHANGE];
    return outlets.length === 0 && path === undefined ? [NO_WAY_OUT] : [];
  },
  open(spec, scope) {
    const options = OPTIONS.parse(spec.options);
    return scope.outlets.length === 0
      ? openWayOut(options, scope)
      : new WaitingEvents(options, scope, toNextSteps(scope));
  },
};

const NO_WAY_OUT: Fault = {
  cause: "the queue is the end of the graph and has no path, so what enters it is lost",
  cure: `Say where it leads: queue({ path: "memory://name" }), or put a step behind it`,
  severity: "error",
};

const NO_EXCHANGE: Fault = {
  cause: "the queue is to feed its function exactly once, and is none that leads from Kafka into a function",
  cure:
    `Say exactlyOnce at the queue before the function, with its path: queue({ path: "kafka://…", exactlyOnce: true })`,
  severity: "error",
};

async function openWayOut(options: z.infer<typeof OPTIONS>, scope: StepScope): Promise<Operator> {
  const outlet = await scope.openOutlet(options);
  if (outlet !== undefined) return new WaitingEvents(options, scope, intoStream(outlet, scope));
  return {
    process(event) {
      scope.send(event);
      return event;
    },
  };
}

/** Where events go that have waited. */
interface Exit {
  /** How many events are taken out together, at most. */
  readonly takesTogether: number;
  /** How many such goings may be under way at once. */
  readonly atOnce: number;
  /** Goes on with some; resolves when they are done with, here and in every step behind. */
  goOn(events: readonly FlowEvent[]): Promise<void>;
  close?(): Promise<void>;
}

/**
 * In order, and as many at once as a step behind the queue takes (`maxInFlight`), one where none says so: the next follows when one
 * before has left every step behind. Events without a key share a lane, so that they leave those steps as they came.
 */
function toNextSteps(scope: StepScope): Exit {
  return {
    takesTogether: 1,
    atOnce: scope.inFlightBehind,
    goOn([event]) {
      event!.lane ??= event!.key === undefined ? `queue ${scope.context.step}` : undefined;
      return scope.release(event!);
    },
  };
}

/** What has come meanwhile goes out together; each event ends here when the stream has it. */
function intoStream(outlet: Outlet, scope: StepScope): Exit {
  return {
    takesTogether: AT_ONCE,
    atOnce: 1,
    async goOn(events) {
      try {
        await outlet.send(events);
      } catch (error) {
        if (events.length === 1) return scope.fail(events[0]!, error);
        for (const event of events) await this.goOn([event]); // one that cannot travel must not take others with it
        return;
      }
      await Promise.all(events.map((event) => scope.release(event)));
    },
    close: () => outlet.close(),
  };
}

/** Events that wait, in order: so many at most, and what happens to one that is too many. */
class WaitingEvents implements Operator {
  readonly #scope: StepScope;
  readonly #exit: Exit;
  readonly #capacity: number;
  readonly #whenFull: QueueOptions["whenFull"];
  readonly #events: FlowEvent[] = [];
  /** Those for whom there was no room, in order, and what lets each in. */
  readonly #waiting = new Map<FlowEvent, () => void>();
  /** Those who were let in and are not here yet, and what ends looking whether they leave. */
  readonly #coming = new Map<FlowEvent, () => void>();
  #running: Promise<void> | undefined;

  constructor(options: z.infer<typeof OPTIONS>, scope: StepScope, exit: Exit) {
    this.#scope = scope;
    this.#exit = exit;
    this.#capacity = options.capacityEvents ?? CAPACITY_EVENTS;
    this.#whenFull = options.whenFull ?? "wait";
  }

  process(event: FlowEvent): Reaction | Promise<Reaction> {
    if ((this.#waiting.size === 0 && this.#hasRoom()) || this.#comesBack(event)) return HELD;
    if (this.#whenFull === "drop") {
      this.#scope.count("dropped");
      return [];
    }
    if (this.#whenFull === "refuse") {
      throw new StatusError(503, `Queue "${this.#scope.context.step}" is full: ${this.#capacity} events wait in it`);
    }
    return this.#wait(event);
  }

  held(event: FlowEvent): void {
    this.#coming.get(event)?.();
    this.#coming.delete(event);
    this.#events.push(event);
    this.#running ??= Promise.resolve().then(() => this.#run());
  }

  /** Waits until the queue is empty. */
  async flush(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async close(): Promise<void> {
    await this.#exit.close?.();
  }

  /** Whether an event has been here before, on a cycle: it always has room, or it would wait for itself. */
  #comesBack({ visits }: FlowEvent): boolean {
    return (visits?.get(this.#scope.context.step) ?? 0) > 1;
  }

  #hasRoom(): boolean {
    return this.#events.length + this.#coming.size < this.#capacity;
  }

  /** Who is given up on the way in takes nobody's room: the engine never says that it is held. */
  #wait(event: FlowEvent): Promise<Reaction> {
    return new Promise((resolve) => {
      const signal = event.track?.signal;
      const leave = () => {
        this.#waiting.delete(event);
        this.#coming.delete(event);
        resolve(HELD);
        this.#letIn();
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.set(event, () => {
        this.#waiting.delete(event);
        this.#coming.set(event, () => signal?.removeEventListener("abort", leave));
        resolve(HELD);
      });
    });
  }

  #letIn(): void {
    for (const enter of this.#waiting.values()) {
      if (!this.#hasRoom()) return;
      enter();
    }
  }

  async #run(): Promise<void> {
    const going = new Set<Promise<void>>();
    try {
      while (this.#events.length > 0) {
        const next = this.#events.splice(0, this.#exit.takesTogether);
        this.#letIn();
        const gone = this.#exit.goOn(next);
        going.add(gone);
        gone.then(() => going.delete(gone));
        if (going.size >= this.#exit.atOnce) await Promise.race(going);
        if (this.#events.length === 0) await Promise.all(going);
      }
    } finally {
      this.#running = undefined;
    }
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
