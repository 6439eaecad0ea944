import { z } from "zod";
import type { StepDefinition } from "../graph/operator.ts";
import { type Handler, ReadyStep } from "../graph/step.ts";
import { FUNCTION_TASK } from "../graph/task.ts";
import type { Emitted } from "../graph/typing.ts";

/** How many events are worked on at once. */
export interface ConcurrentOptions {
  /** So many events, 1 or more. Default 8. The step's own option of this name, where it is given as well, counts. */
  maxInFlight?: number;
}

const OPTIONS = z.strictObject({ maxInFlight: z.int().min(1).optional() });

const MAX_IN_FLIGHT = 8; // as storey has it

/** What `concurrent` does with events. */
export const CONCURRENT: StepDefinition = {
  kind: "concurrent",
  shape: "box",
  options: OPTIONS,
  code: { fn: "required" },
  defaults: ({ options }) => ({ maxInFlight: OPTIONS.parse(options).maxInFlight ?? MAX_IN_FLIGHT }),
  open: (spec, scope) => FUNCTION_TASK.open({ ...spec, code: { handler: spec.code.fn! } }, scope),
};

/**
 * Runs `fn` for several events at once, whether they have keys or come from one source; those of one source, partition or key leave in
 * the order in which they came, and requests without a key as they are done. For functions that wait: for a service, a database, a
 * model elsewhere. It is a plain function with the step option `maxInFlight`; `retries`, `backoffMs` and `timeoutMs` are options of
 * every step.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { concurrent, reduce, serving } from "levada";
 *
 * const fn = serving("asking");
 * fn.setTopology("flow")
 *   .to("ask", concurrent(async (n: number) => await Promise.resolve(n * 2), { maxInFlight: 4 }))
 *   .to("all", reduce([] as number[], (all, n: number) => [...all, n]));
 *
 * const flow = await fn.start();
 * for (const n of [1, 2, 3]) await flow.emit(n);
 * deepStrictEqual(await flow.close(), [2, 4, 6]);
 * ```
 *
 * @param fn Gets the body and the context; returns the new body, at once or later.
 */
export function concurrent<In, Out>(
  fn: Handler<In, Out>,
  options: ConcurrentOptions = {},
): ReadyStep<In, Emitted<Awaited<Out>>> {
  return new ReadyStep(CONCURRENT, { ...options }, { fn });
}
