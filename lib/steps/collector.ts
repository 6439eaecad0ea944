import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import { HELD, Joined, type Operator, type StepDefinition, type StepScope } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";

/** What `collector` does with events. */
export const COLLECTOR: StepDefinition = {
  kind: "collector",
  shape: "trapezium",
  options: z.strictObject({}),
  code: {},
  collects: true,
  holds: true,
  check(_spec, { inlets, streamers }) {
    if (inlets.length < 2 || streamers.length > 0) return [];
    return [{
      cause: `it gathers the results of a streaming step, and ${
        inlets.map((name) => `"${name}"`).join(" and ")
      } stream nothing`,
      cure: `Join branches by merge(): .to("join", merge())`,
      severity: "error",
    }];
  },
  open: (_spec, scope) => new Collector(scope),
};

/** The chunks of one stream, and what the list has of each. */
interface Held {
  readonly chunks: FlowEvent[];
  readonly parts: unknown[];
}

class Collector implements Operator {
  readonly #scope: StepScope;
  readonly #streams = new Map<object, Held>();

  constructor(scope: StepScope) {
    this.#scope = scope;
  }

  process(event: FlowEvent): ReturnType<Operator["process"]> {
    if (event.chunk === undefined) return event;
    const { stream, end } = event.chunk;
    const held = this.#streams.get(stream) ?? { chunks: [], parts: [] };
    if (end === undefined) {
      held.parts.push(this.#scope.read(event));
      held.chunks.push(event);
      this.#streams.set(stream, held);
      return HELD;
    }
    this.#streams.delete(stream);
    if (end === "failed") {
      for (const chunk of held.chunks) this.#scope.end(chunk);
      return [];
    }
    const all = event.with<unknown>(held.parts);
    all.chunk = undefined;
    return new Joined(all, [...held.chunks, event]);
  }
}

/**
 * Gathers the chunks of a streaming step: one event with the list of them goes on. A stream without chunks gives an empty list; one
 * that fails gives nothing, since the failure is the event's. Events that are no chunks pass.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { collector, serving } from "levada";
 *
 * const fn = serving("counting");
 * fn.setTopology("flow")
 *   .to("count", function* (to: number) {
 *     for (let n = 1; n <= to; n++) yield n;
 *   })
 *   .to("all", collector())
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", 3), [1, 2, 3]);
 * ```
 */
export function collector<In>(): ReadyStep<In, In[]> {
  return new ReadyStep(COLLECTOR);
}
