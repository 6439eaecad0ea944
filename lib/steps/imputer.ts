import { z } from "zod";
import { copyData } from "../flow/copy.ts";
import type { StepDefinition } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Extended } from "../graph/typing.ts";
import { fieldOf, fieldsOf } from "./body/fields_of.ts";

/** What stands in for what is missing. */
export interface ImputerOptions<Columns> {
  /** By field: what it gets where it is missing, null or NaN. JSON data. */
  columns?: Columns;
  /** What every other field gets that is there and null or NaN. JSON data. Default: it stays as it is. */
  default?: unknown;
}

const VALUE = z.json();
const OPTIONS = z.strictObject({ columns: z.record(z.string(), VALUE).optional(), default: VALUE.optional() })
  .refine(({ columns, default: other }) => columns !== undefined || other !== undefined, {
    path: ["columns"],
    message: "is missing, and so is default: there is nothing to fill in",
  });

/** What `imputer` does with events. */
export const IMPUTER: StepDefinition = {
  kind: "imputer",
  shape: "box",
  options: OPTIONS,
  code: {},
  open({ options }, { read, write }) {
    const { columns = {}, default: other } = OPTIONS.parse(options);
    const named = Object.entries(columns);
    return {
      process(event) {
        const body = fieldsOf(read(event), "fill in fields of the body");
        const filled = named.filter(([name]) => isMissing(fieldOf(body, name)));
        const rest = other === undefined ? [] : Object.keys(body)
          .filter((name) => isMissing(body[name]) && !Object.hasOwn(columns, name))
          .map((name) => [name, other] as const);
        // Each event gets a copy: what one of them does to its value must not show in another.
        const values = [...filled, ...rest].map(([name, value]) => [name, copyData(value)]);
        write(event, { ...body, ...Object.fromEntries(values) });
        return event;
      },
    };
  },
};

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || Number.isNaN(value);
}

/** A body whose named fields are there. */
export type Imputed<Body, Columns> = Extended<
  Body,
  { [Column in keyof Columns & keyof Body]-?: Exclude<Body[Column], null | undefined> }
>;

/**
 * Fills in what is missing: fields that are not there, null or NaN. Infinite numbers are values, and stay.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { imputer, serving } from "levada";
 *
 * interface Person { age?: number | null; city: string | null }
 *
 * const fn = serving("filling");
 * fn.setTopology("flow").to("fill", imputer<Person, { age: number }>({ columns: { age: 40 }, default: "unknown" })).respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", { city: null }), { city: "unknown", age: 40 });
 * ```
 */
export function imputer<
  In extends object,
  Columns extends { readonly [Column in keyof In & string]?: NoInfer<Exclude<In[Column], null | undefined>> },
>(
  options: ImputerOptions<Columns>,
): ReadyStep<In, Imputed<In, Columns>> {
  return new ReadyStep(IMPUTER, { ...options });
}
