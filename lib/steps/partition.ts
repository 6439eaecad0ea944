import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import type { StepDefinition, StepScope } from "../graph/operator.ts";
import { type Handler, ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { bodyOf } from "./body/fields_of.ts";

/** A value on one of two sides: `left` where the predicate said yes, else `right`. The other side is not there. */
export type Sides<Value> = { left: Value; right?: never } | { left?: never; right: Value };

/** What `partition` does with events. */
export const PARTITION: StepDefinition = {
  kind: "partition",
  shape: "box",
  options: z.strictObject({}),
  code: { predicate: "required" },
  open({ code }, scope) {
    return {
      process(event) {
        const yes = code.predicate!(scope.read(event), scope.contextOf(event));
        return andThen(yes, (isLeft) => place(event, isLeft ? "left" : "right", scope));
      },
    };
  },
};

function place(event: FlowEvent, side: "left" | "right", { read, write, resultPath }: StepScope): FlowEvent {
  const given = read(event);
  const value = bodyOf(given);
  const isWithin = resultPath !== undefined && value === event.body; // the body cannot hold itself
  write(event, { [side]: isWithin ? { ...value as object } : value });
  return event;
}

/**
 * Puts each body on one of two sides, for steps behind that tell them apart: the new body is `{ left: body }` where `predicate` says
 * yes, else `{ right: body }`.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { partition, serving } from "levada";
 *
 * const fn = serving("sides");
 * fn.setTopology("flow")
 *   .to("adult", partition((person: { age: number }) => person.age >= 18))
 *   .to("price", (side) => side.left === undefined ? 5 : 9)
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual([await server.test("/", { age: 30 }), await server.test("/", { age: 10 })], [9, 5]);
 * ```
 *
 * @param predicate Gets the body (or its part at `inputPath`, which is then what goes to a side) and the context; returns yes or no,
 * at once or later.
 */
export function partition<In>(predicate: Handler<In, Maybe<boolean>>): ReadyStep<In, Sides<In>> {
  return new ReadyStep(PARTITION, {}, { predicate });
}
