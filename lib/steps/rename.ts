import { z } from "zod";
import type { StepDefinition } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import { fieldsOf } from "./body/fields_of.ts";

const OPTIONS = z.strictObject({ names: z.record(z.string(), z.string().min(1)) });

/** What `rename` does with events. */
export const RENAME: StepDefinition = {
  kind: "rename",
  shape: "box",
  options: OPTIONS,
  code: {},
  open({ options }, { read, write }) {
    const names = Object.entries(OPTIONS.parse(options).names);
    return {
      process(event) {
        const fields = new Map(Object.entries(fieldsOf(read(event), "rename fields of the body")));
        for (const [from, to] of names) {
          if (from === to || !fields.has(from)) continue;
          fields.set(to, fields.get(from));
          fields.delete(from);
        }
        write(event, Object.fromEntries(fields));
        return event;
      },
    };
  },
};

/** The body with fields renamed. */
export type Renamed<Body, Names> = {
  [Key in keyof Body as Key extends keyof Names ? Names[Key] & string : Key]: Body[Key];
};

/**
 * Renames fields of the body, one after another in the order given: a name that is there already is replaced, one that is not there
 * is left alone.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { rename, serving } from "levada";
 *
 * const fn = serving("renaming");
 * fn.setTopology("flow").to("names", rename<{ t: number }, { readonly t: "celsius" }>({ t: "celsius" })).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", { t: 21 }), { celsius: 21 });
 * ```
 */
export function rename<In extends object, const Names extends { readonly [Key in keyof In]?: string }>(
  names: Names,
): ReadyStep<In, Renamed<In, Names>> {
  return new ReadyStep(RENAME, { names });
}
