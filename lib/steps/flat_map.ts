import { z } from "zod";
import type { FlowEvent } from "../graph/event.ts";
import { andThen } from "../graph/later.ts";
import type { Reaction, StepDefinition, StepScope } from "../graph/operator.ts";
import { type Handler, ReadyStep } from "../graph/step.ts";
import type { Maybe } from "../graph/typing.ts";
import { kindOf } from "../kind_of.ts";

/** What `flatMap` does with events. */
export const FLAT_MAP: StepDefinition = {
  kind: "flatMap",
  shape: "hexagon",
  options: z.strictObject({}),
  code: { fn: "required" },
  canDrop: true,
  spreads: true,
  open({ code }, scope) {
    return {
      process(event) {
        const items = code.fn!(scope.read(event), scope.contextOf(event));
        return andThen(items, (list) => spread(event, list, scope));
      },
    };
  },
};

function spread(event: FlowEvent, items: unknown, { write }: StepScope): Reaction {
  if (typeof items !== "object" || items === null || !(Symbol.iterator in items)) {
    throw new TypeError(
      `Cannot make events of ${kindOf(items)}: flatMap's function returns a list`,
    );
  }
  return Array.from(items as Iterable<unknown>, (item) => {
    const one = event.with(event.body);
    write(one, item);
    return one;
  });
}

/**
 * One event an item. The events keep the id, path and time of the one that they came from; an empty list ends it, and its caller
 * gets 204 without a body.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { flatMap, serving } from "levada";
 *
 * const words: string[] = [];
 * const fn = serving("words");
 * fn.setTopology("flow")
 *   .to("split", flatMap((line: string) => line.split(" ")))
 *   .to("keep", (word) => words.push(word));
 *
 * await using server = await fn.toMockServer();
 * await server.test("/", "water runs");
 * await server.waitForCompletion();
 * deepStrictEqual(words, ["water", "runs"]);
 * ```
 *
 * @param fn Gets the body and the context; returns a list, a set or anything else that can be iterated.
 */
export function flatMap<In, Item>(fn: Handler<In, Maybe<Iterable<Item>>>): ReadyStep<In, Item> {
  return new ReadyStep(FLAT_MAP, {}, { fn });
}
