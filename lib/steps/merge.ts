import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import { keyText } from "../graph/key.ts";
import { atOnce } from "../graph/later.ts";
import {
  type Code,
  HELD,
  Joined,
  type Operator,
  type Reaction,
  type StepDefinition,
  type StepScope,
} from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";

/** Which parts belong together, and what becomes of them. */
export interface MergeOptions<In, Out> {
  /** Parts of one key, which is text or a number, belong together. Default: the parts of one event. */
  key?: (body: In) => string | number;
  /**
   * How many parts there are, 1 or more; then parts of one event belong together, also the items of a list, and records of one id that
   * come from a stream. Default: as many as
   * steps lead here.
   */
  expected?: number;
  /** How many keys wait for parts at most, 1 or more; beyond that the oldest one's parts fail. Default 1,000. */
  maxBehindEvents?: number;
  /** Makes the body of the parts, in the order in which they came, at once. Default: the list of them. */
  join?: (parts: In[]) => Out;
  /** What becomes of an event that ended in one of the branches: it ends (default), or the parts that there are go on. */
  incomplete?: "end" | "join";
}

const OPTIONS = z.strictObject({
  expected: z.int().min(1).optional(),
  maxBehindEvents: z.int().min(1).optional(),
  incomplete: z.enum(["end", "join"]).optional(),
});

const MAX_BEHIND = 1_000; // a branch may lag by as many events as a flow lets wait

/** What `merge` does with events. */
export const MERGE: StepDefinition = {
  kind: "merge",
  shape: "invtrapezium",
  options: OPTIONS,
  code: { key: "optional", join: "optional" },
  joins: true,
  holds: true,
  check({ code, options }, { droppers, regroupers }) {
    if (code.key === undefined) { // and is told of ended branches
      if (regroupers.length === 0 || options.expected === 1 || options.incomplete === "join") return [];
      return [{
        cause: `it joins the parts of one event, and ${
          listOf(regroupers)
        } before it makes one event of several: no part of theirs meets it`,
        cure: "Join by a key of your own, or batch before the branches part, or behind the join",
        severity: "warning",
      }];
    }
    if (droppers.length === 0) return [];
    return [{
      cause:
        `it joins by a key of its own, and ${
          listOf(droppers)
        } before it may end events: a part that never comes keeps the others ` +
        `waiting until ${options.maxBehindEvents ?? MAX_BEHIND} later keys have come or the flow closes`,
      cure:
        `Leave the key out, so that the join is told of ended branches, or let the branch pass something on instead`,
      severity: "warning",
    }];
  },
  open({ options, code }, scope) {
    const merge = new Merge(OPTIONS.parse(options), code, scope);
    const operator: Operator = { process: (event) => merge.process(event), flush: () => merge.flush() };
    // With a key of the user's the missing parts may come with other events: only without one is an ended branch the end.
    return code.key === undefined ? { ...operator, stalled: (held) => merge.giveOut(held) } : operator;
  },
};

function listOf(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(" and ");
}

type Key = string | object;

class Merge {
  readonly #options: z.infer<typeof OPTIONS>;
  readonly #code: Readonly<Record<string, Code>>;
  readonly #scope: StepScope;
  readonly #expected: number;
  readonly #parts = new Map<Key, FlowEvent[]>();
  readonly #givenUp = new Set<Key>();

  constructor(options: z.infer<typeof OPTIONS>, code: Readonly<Record<string, Code>>, scope: StepScope) {
    this.#options = options;
    this.#code = code;
    this.#scope = scope;
    this.#expected = options.expected ?? Math.max(1, scope.inlets);
  }

  process(event: FlowEvent): Reaction {
    const key = this.#keyOf(event);
    if (this.#givenUp.has(key)) {
      this.#scope.count("late");
      throw new RangeError(
        `Cannot merge the event: more than ${this.#maxBehind} events were waiting when its other parts were given up`,
      );
    }
    const parts = this.#parts.get(key) ?? [];
    if (parts.length + 1 < this.#expected) {
      parts.push(event);
      this.#parts.set(key, parts);
      if (this.#parts.size > this.#maxBehind) this.#giveUp();
      return HELD;
    }
    this.#parts.delete(key);
    try {
      return new Joined(this.#join(event, [...parts, event]), [...parts, event]);
    } catch (error) {
      for (const part of parts) {
        if (this.#code.key === undefined) this.#scope.end(part); // a part of this event, whose failure it is
        else this.#scope.fail(part, error);
      }
      throw error;
    }
  }

  /** Nothing more comes for the parts of this event. */
  giveOut(held: FlowEvent): void {
    const key = this.#keyOf(held);
    const parts = this.#parts.get(key);
    if (parts === undefined) return;
    this.#parts.delete(key);
    this.#release(parts);
  }

  flush(): void {
    for (const parts of this.#parts.values()) this.#release(parts);
    this.#parts.clear();
  }

  get #maxBehind(): number {
    return this.#options.maxBehindEvents ?? MAX_BEHIND;
  }

  #keyOf(event: FlowEvent): Key {
    if (this.#code.key !== undefined) return keyText(this.#code.key(this.#scope.read(event)), "merge the event");
    if (this.#options.expected === undefined) return event.origin ?? event;
    return event.partition === undefined ? event.identity : event.id; // an id that a caller chose tells nothing of whose it is
  }

  #release(parts: readonly FlowEvent[]): void {
    if (this.#options.incomplete !== "join") {
      for (const part of parts) this.#scope.end(part);
      return;
    }
    try {
      this.#scope.release(this.#join(parts.at(-1)!, parts), parts);
    } catch (error) {
      for (const part of parts) this.#scope.fail(part, error);
    }
  }

  #giveUp(): void {
    const [key, parts] = this.#parts.entries().next().value!;
    this.#parts.delete(key);
    this.#givenUp.add(key);
    if (this.#givenUp.size > this.#maxBehind) this.#givenUp.delete(this.#givenUp.values().next().value!);
    this.#scope.count("givenUp");
    for (const part of parts) {
      this.#scope.fail(
        part,
        new RangeError(
          `Cannot merge the event: ${parts.length} of ${this.#expected} parts came before ${this.#maxBehind} later events (maxBehindEvents)`,
        ),
      );
    }
  }

  #join(last: FlowEvent, events: readonly FlowEvent[]): FlowEvent {
    const parts = events.map((event) => this.#scope.read(event));
    const joined = last.with<unknown>(last.body);
    const { join } = this.#code;
    this.#scope.write(joined, join === undefined ? parts : atOnce(join(parts), "merge the event", "join"));
    return joined;
  }
}

/**
 * Joins the parts of one event that went through several branches. Where a branch ends the event, by a filter or an empty list, the
 * join is told and does not wait.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { merge, serving } from "levada";
 *
 * const fn = serving("both");
 * const graph = fn.setTopology("flow");
 * const start = graph.to("start", (n: number) => n);
 * const more = start.to("more", (n) => n + 1);
 * const less = start.to("less", (n) => n - 1);
 * graph.after(more, less).to("join", merge()).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", 5), [6, 4]);
 * ```
 */
export function merge<In, Out = In[]>(options: MergeOptions<In, Out> = {}): ReadyStep<In, Out> {
  const { key, join, ...data } = options;
  return new ReadyStep(MERGE, { ...data }, {
    ...(key === undefined ? {} : { key }),
    ...(join === undefined ? {} : { join }),
  });
}
