import { z } from "zod";
import { FlowEvent } from "../graph/event.ts";
import { keyText } from "../graph/key.ts";
import { HELD, Joined, type Operator, type Reaction, type StepDefinition, type StepScope } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";

/** When a batch goes on. */
export interface BatchOptions<In> {
  /** As soon as it has so many events, 1 or more. Default: no limit. */
  maxEvents?: number;
  /** So many milliseconds after its first event came. Default: no limit. */
  flushAfterMs?: number;
  /** Events of one key, which is text or a number, make batches of their own. Default: all events together. */
  key?: (body: In) => string | number;
}

const OPTIONS = z.strictObject({
  maxEvents: z.int().min(1).optional(),
  flushAfterMs: z.number().positive().optional(),
});

/** What `batch` does with events. */
export const BATCH: StepDefinition = {
  kind: "batch",
  shape: "folder",
  options: OPTIONS,
  code: { key: "optional" },
  holds: true,
  regroups: true,
  open: (spec, scope) => new Batch(OPTIONS.parse(spec.options), spec.code.key, scope),
};

interface Open {
  readonly events: FlowEvent[];
  /** What the batch's list has of each: read when it comes, so that a wrong one fails alone. */
  readonly parts: unknown[];
  /** When it goes on at the latest. */
  readonly due: number;
}

class Batch implements Operator {
  readonly #options: z.infer<typeof OPTIONS>;
  // deno-lint-ignore ban-types -- code of a graph is any function
  readonly #key: Function | undefined;
  readonly #scope: StepScope;
  readonly #open = new Map<string | undefined, Open>(); // in the order in which they are due: all wait as long
  #cancel: (() => void) | undefined;

  // deno-lint-ignore ban-types -- code of a graph is any function
  constructor(options: z.infer<typeof OPTIONS>, key: Function | undefined, scope: StepScope) {
    this.#options = options;
    this.#key = key;
    this.#scope = scope;
  }

  process(event: FlowEvent): Reaction {
    const part = this.#scope.read(event);
    const key = this.#key === undefined ? undefined : keyText(this.#key(part), "put the event into a batch");
    const { maxEvents = Infinity } = this.#options;
    const open = this.#open.get(key);
    if ((open?.events.length ?? 0) + 1 >= maxEvents) {
      this.#take(key);
      const events = [...open?.events ?? [], event];
      return new Joined(this.#batchOf({ events, parts: [...open?.parts ?? [], part] }, key), events);
    }
    if (open !== undefined) {
      open.events.push(event);
      open.parts.push(part);
    } else {
      this.#open.set(key, { events: [event], parts: [part], due: this.#due() });
    }
    return HELD;
  }

  flush(): void {
    for (const key of [...this.#open.keys()]) this.#release(key);
  }

  close(): void {
    this.#cancel?.();
  }

  /** When a batch that begins now is due. One timer is enough for all; a batch that is complete before leaves it running. */
  #due(): number {
    const { flushAfterMs } = this.#options;
    if (flushAfterMs === undefined) return Infinity;
    if (this.#cancel === undefined) this.#look(flushAfterMs);
    return this.#scope.clock.now() + flushAfterMs;
  }

  /** Looks in a while, and only then, at what is due. */
  #look(afterMs: number): void {
    this.#cancel?.();
    this.#cancel = this.#scope.clock.schedule(afterMs, () => {
      this.#cancel = undefined;
      this.#releaseDue(this.#scope.clock.now());
    });
  }

  #releaseDue(now: number): void {
    for (const [key, { due }] of this.#open) {
      const restMs = due - now;
      const isSetBack = restMs > this.#options.flushAfterMs!; // the clock: nobody can know how long the batch has waited
      if (restMs > 0 && !isSetBack) return this.#look(restMs);
      this.#release(key);
    }
  }

  #release(key: string | undefined): void {
    const open = this.#take(key);
    if (open !== undefined) this.#scope.release(this.#batchOf(open, key), open.events);
  }

  #take(key: string | undefined): Open | undefined {
    const open = this.#open.get(key);
    this.#open.delete(key);
    return open;
  }

  #batchOf({ events, parts }: Pick<Open, "events" | "parts">, key: string | undefined): FlowEvent {
    const { time, path } = events[0]!;
    const batch = new FlowEvent<unknown>(undefined, { time, path, key });
    batch.lane = events.at(-1)!.lane;
    this.#scope.write(batch, parts);
    return batch;
  }
}

/**
 * Joins several events in a list: a new event, with the time and path of the first. Whoever sent one of them is answered by what
 * becomes of the list; behind a step that gives as many events as there were, `flatMap` or `flatten`, each gets their own, under its own id. What is
 * left goes on when the flow closes.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { batch, flatMap, serving } from "levada";
 *
 * const fn = serving("pairs");
 * fn.setTopology("flow")
 *   .to("pair", batch<number>({ maxEvents: 2 }))
 *   .to("double", (numbers) => numbers.map((n) => n * 2)) // once for two callers
 *   .to("each", flatMap((numbers) => numbers))
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await Promise.all([server.test("/", 1), server.test("/", 2)]), [2, 4]);
 * ```
 */
export function batch<In>(options: BatchOptions<In> = {}): ReadyStep<In, In[]> {
  const { key, ...data } = options;
  return new ReadyStep(BATCH, { ...data }, key === undefined ? {} : { key });
}
