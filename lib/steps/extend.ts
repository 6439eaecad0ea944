import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import { laterOf } from "../graph/later.ts";
import type { StepDefinition, StepScope } from "../graph/operator.ts";
import { type Handler, ReadyStep } from "../graph/step.ts";
import type { Extended, Maybe } from "../graph/typing.ts";
import { kindOf } from "../kind_of.ts";
import { fieldsOf } from "./body/fields_of.ts";

/** What `extend` does with events. */
export const EXTEND: StepDefinition = {
  kind: "extend",
  shape: "box",
  options: z.strictObject({}),
  code: { fn: "required" },
  open({ code }, scope) {
    return {
      process(event) {
        const added = code.fn!(scope.read(event), scope.contextOf(event));
        const later = laterOf(added);
        return later === undefined ? add(event, added, scope) : later.then((fields) => add(event, fields, scope));
      },
    };
  },
};

function add(event: FlowEvent, fields: unknown, { read, write }: StepScope): FlowEvent {
  const body = fieldsOf(read(event), "extend the body with fields");
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw new TypeError(`Cannot extend the body with ${kindOf(fields)}: extend's function returns an object`);
  }
  write(event, { ...body, ...fields });
  return event;
}

/**
 * Adds fields to the body; a field that is there already is replaced.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { extend, serving } from "levada";
 *
 * const fn = serving("areas");
 * fn.setTopology("flow").to("area", extend((box: { w: number; h: number }) => ({ area: box.w * box.h }))).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", { w: 2, h: 3 }), { w: 2, h: 3, area: 6 });
 * ```
 *
 * @param fn Gets the body and the context; returns an object with the fields to add.
 */
export function extend<In, Added extends object>(fn: Handler<In, Maybe<Added>>): ReadyStep<In, Extended<In, Added>> {
  return new ReadyStep(EXTEND, {}, { fn });
}
