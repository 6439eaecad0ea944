import { z } from "zod";
import { laterOf } from "../graph/later.ts";
import type { StepDefinition } from "../graph/operator.ts";
import { type Handler, ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";

/** What `filter` does with events. */
export const FILTER: StepDefinition = {
  kind: "filter",
  shape: "octagon",
  options: z.strictObject({}),
  code: { fn: "required" },
  canDrop: true,
  passes: true,
  open({ code }, scope) {
    return {
      process(event) {
        const keep = code.fn!(scope.read(event), scope.contextOf(event));
        const later = laterOf(keep);
        return later === undefined ? keep ? event : [] : later.then((yes) => yes ? event : []);
      },
    };
  },
};

/**
 * Keeps the events that `fn` says yes to. The caller of a dropped event gets 204 without a body.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { filter, serving } from "levada";
 *
 * const fn = serving("adults");
 * fn.setTopology("flow").to("adult", filter((person: { age: number }) => person.age >= 18)).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", { age: 30 }), { age: 30 });
 * deepStrictEqual(await server.test("/", { age: 10 }), undefined);
 * ```
 *
 * @param fn Gets the body (or its part at `inputPath`) and the context; the whole body goes on.
 */
export function filter<In>(fn: Handler<In, Maybe<boolean>>): ReadyStep<In, In> {
  return new ReadyStep(FILTER, {}, { fn });
}
