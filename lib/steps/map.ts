import { z } from "zod";
import { isGeneratorFunction } from "../graph/generator.ts";
import type { StepDefinition } from "../graph/operator.ts";
import { type Handler, ReadyStep } from "../graph/step.ts";
import { FUNCTION_TASK } from "../graph/task.ts";
import type { Emitted } from "../graph/typing.ts";

/** What `map` does with events. */
export const MAP: StepDefinition = {
  kind: "map",
  shape: "box",
  options: z.strictObject({}),
  code: { fn: "required" },
  streams: ({ code }) => isGeneratorFunction(code.fn),
  open: (spec, scope) => FUNCTION_TASK.open({ ...spec, code: { handler: spec.code.fn! } }, scope),
};

/**
 * The result of `fn` is the body. A plain function does the same; `map` is for those who look for the word.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { map, serving } from "levada";
 *
 * const fn = serving("doubling");
 * fn.setTopology("flow").to("double", map((n: number) => n * 2)).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", 4), 8);
 * ```
 *
 * @param fn Gets the body and the context; may be asynchronous.
 */
export function map<In, Out>(fn: Handler<In, Out>): ReadyStep<In, Emitted<Awaited<Out>>> {
  return new ReadyStep(MAP, {}, { fn });
}
