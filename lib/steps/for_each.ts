import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import type { StepDefinition } from "../graph/operator.ts";
import { type Handler, ReadyStep } from "../graph/step.ts";

/** What `forEach` does with events. */
export const FOR_EACH: StepDefinition = {
  kind: "forEach",
  shape: "box",
  options: z.strictObject({}),
  code: { fn: "required" },
  passes: true,
  open({ code }, scope) {
    const pass = (event: FlowEvent, result: unknown) => {
      if (scope.resultPath !== undefined) scope.write(event, result);
      return event;
    };
    return {
      process(event) {
        const result: unknown = code.fn!(scope.read(event), scope.contextOf(event));
        return andThen(result, (done) => pass(event, done));
      },
    };
  },
};

/**
 * Looks at each event and passes it on; what `fn` returns is not used, unless the step has a `resultPath`. The next step gets the event when `fn` is done.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { forEach, serving } from "levada";
 *
 * const seen: number[] = [];
 * const fn = serving("watching");
 * fn.setTopology("flow").to("look", forEach((n: number) => seen.push(n))).to("double", (n) => n * 2).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual([await server.test("/", 4), seen], [8, [4]]);
 * ```
 *
 * @param fn Gets the body and the context; may be asynchronous.
 */
export function forEach<In>(fn: Handler<In, unknown>): ReadyStep<In, In> {
  return new ReadyStep(FOR_EACH, {}, { fn });
}
