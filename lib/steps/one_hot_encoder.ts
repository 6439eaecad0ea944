import { z } from "zod";
import type { StepDefinition, StepScope } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import { stateOf } from "../kind_of.ts";
import { fieldOf, type Fields, fieldsOf } from "./body/fields_of.ts";

/** What becomes of a value that is no category. */
export interface OneHotEncoderOptions {
  /** All its fields are 0, which is counted and logged once a column (default); or the event fails. */
  onUnknown?: "zeros" | "fail";
}

const OPTIONS = z.strictObject({
  columns: z.record(z.string().min(1), z.array(z.union([z.string(), z.number()])).min(1, "has no categories"))
    .superRefine((columns, context) => {
      if (Object.keys(columns).length === 0) context.addIssue("names no column");
      const made = new Map<string, string>();
      for (const [column, categories] of Object.entries(columns)) {
        for (const category of new Set(categories)) {
          const name = fieldName(column, category);
          const source = `${JSON.stringify(category)} of "${column}"`;
          const earlier = made.get(name);
          if (earlier !== undefined) context.addIssue(`makes field "${name}" of ${earlier} and of ${source}`);
          made.set(name, source);
        }
      }
    }),
  onUnknown: z.enum(["zeros", "fail"]).optional(),
});

/** What `oneHotEncoder` does with events. */
export const ONE_HOT_ENCODER: StepDefinition = {
  kind: "oneHotEncoder",
  shape: "box",
  options: OPTIONS,
  code: {},
  open({ options }, scope) {
    const { columns, onUnknown } = OPTIONS.parse(options);
    const encoders = Object.entries(columns).map(([column, categories]) =>
      encoderOf(column, { categories, fails: onUnknown === "fail", scope })
    );
    return {
      process(event) {
        const body = fieldsOf(scope.read(event), "encode fields of the body");
        const kept = Object.entries(body).filter(([name]) => !Object.hasOwn(columns, name));
        scope.write(event, Object.fromEntries([...kept, ...encoders.flatMap((encode) => encode(body))]));
        return event;
      },
    };
  },
};

function fieldName(column: string, category: string | number): string {
  return `${column}_${String(category).replaceAll(/[ -]/g, "_")}`;
}

function encoderOf(
  column: string,
  { categories, fails, scope }: { categories: readonly (string | number)[]; fails: boolean; scope: StepScope },
): (body: Fields) => [string, 0 | 1][] {
  const names = new Map(categories.map((category) => [category, fieldName(column, category)]));
  let isLogged = false;
  return (body) => {
    const value = fieldOf(body, column);
    if (!names.has(value as string | number)) {
      const what = stateOf(value);
      const known = [...names.keys()].map((category) => JSON.stringify(category)).join(", ");
      if (fails) throw new RangeError(`Cannot encode field "${column}": it is ${what}, not one of ${known}`);
      scope.count("unknownCategory");
      if (!isLogged) {
        scope.context.log.warn(`Field "${column}" is ${what}, not one of ${known}: it is encoded as zeros`);
      }
      isLogged = true;
    }
    return [...names].map(([category, name]) => [name, category === value ? 1 : 0]);
  };
}

/** The names of the fields that a column is replaced by: `color_dark_red` for "dark red". */
export type OneHot<Columns, Column extends keyof Columns> = Column extends string
  ? Columns[Column] extends readonly (infer Category extends string | number)[]
    ? `${Column}_${Underscored<`${Category}`>}`
  : never
  : never;

/** Text with `_` for each space and `-`. */
export type Underscored<Given extends string> = Given extends `${infer Head} ${infer Rest}`
  ? Underscored<`${Head}_${Rest}`>
  : Given extends `${infer Head}-${infer Rest}` ? Underscored<`${Head}_${Rest}`>
  : Given;

/**
 * Replaces each column by one field of 0 or 1 for each of its categories: `color` by `color_red` and `color_dark_blue`, where spaces
 * and `-` become `_`.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { oneHotEncoder, serving } from "levada";
 *
 * const fn = serving("encoding");
 * fn.setTopology("flow")
 *   .to("car", (color: string) => ({ color, doors: 4 }))
 *   .to("encode", oneHotEncoder({ color: ["red", "dark blue"] }))
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual(await server.test("/", "dark blue"), { doors: 4, color_red: 0, color_dark_blue: 1 });
 * ```
 *
 * @param columns Field → categories, text or finite numbers, 1 or more; the same category twice counts once. A number is not the text
 * of it.
 */
export function oneHotEncoder<
  In extends object,
  const Columns extends { readonly [Column in keyof In & string]?: readonly (string | number)[] },
>(
  columns: Columns,
  options: OneHotEncoderOptions = {},
): ReadyStep<In, Omit<In, keyof Columns> & { [Name in OneHot<Columns, keyof Columns>]: 0 | 1 }> {
  return new ReadyStep(ONE_HOT_ENCODER, { ...options, columns });
}
