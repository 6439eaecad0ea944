import { z } from "zod";
import type { StepDefinition } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import { fieldsOf } from "./body/fields_of.ts";

const OPTIONS = z.strictObject({ names: z.array(z.string()).min(1, "names no field") });

/** What `dropFields` does with events. */
export const DROP_FIELDS: StepDefinition = {
  kind: "dropFields",
  shape: "box",
  options: OPTIONS,
  code: {},
  open({ options }, { read, write }) {
    const dropped = new Set(OPTIONS.parse(options).names);
    return {
      process(event) {
        const fields = Object.entries(fieldsOf(read(event), "drop fields of the body"));
        write(event, Object.fromEntries(fields.filter(([name]) => !dropped.has(name))));
        return event;
      },
    };
  },
};

/**
 * Takes fields out of the body; one that is not there is left alone.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { dropFields, serving } from "levada";
 *
 * const fn = serving("dropping");
 * fn.setTopology("flow")
 *   .to("person", (name: string) => ({ name, password: "secret" }))
 *   .to("public", dropFields("password"))
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", "ann"), { name: "ann" });
 * ```
 *
 * @param names Fields of the body itself; of an object within it with `inputPath` and `resultPath`.
 */
export function dropFields<In extends object, const Names extends readonly (keyof In & string)[]>(
  ...names: Names
): ReadyStep<In, Omit<In, Names[number]>> {
  return new ReadyStep(DROP_FIELDS, { names });
}
