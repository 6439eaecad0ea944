import { z } from "zod";
import type { StepDefinition } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import { FLAT_MAP } from "./flat_map.ts";

/** What `flatten` does with events. */
export const FLATTEN: StepDefinition = {
  kind: "flatten",
  shape: "hexagon",
  options: z.strictObject({}),
  code: {},
  canDrop: true,
  open: (spec, scope) => FLAT_MAP.open({ ...spec, code: { fn: (body: unknown) => body } }, scope),
};

/**
 * One event an item of a body that is a list; an empty list ends the event.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { flatten, reduce, serving } from "levada";
 *
 * const fn = serving("totals");
 * fn.setTopology("flow").to("items", flatten<number>()).to("sum", reduce(0, (sum, n: number) => sum + n));
 *
 * const flow = await fn.start();
 * await flow.emit([1, 2, 3]);
 * deepStrictEqual(await flow.close(), 6);
 * ```
 */
export function flatten<Item>(): ReadyStep<Iterable<Item>, Item> {
  return new ReadyStep(FLATTEN);
}
