import { z } from "zod";
import { copyData } from "../flow/copy.ts";
import type { StepDefinition } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Extended } from "../graph/typing.ts";
import { fieldOf, fieldsOf } from "./body/fields_of.ts";

/** A range of numbers, and what its numbers become. */
export interface MappedRange {
  /** The least number of the range. Default: no limit. */
  readonly from?: number;
  /** The numbers of the range are below this. Default: no limit. */
  readonly below?: number;
  /** What they become. JSON data. */
  readonly to: unknown;
}

/** What the values of one field become. */
export interface ValueMapping {
  /** Old value, as text → new value, JSON data. Numbers and booleans are found by their text: `{ "1": "one", "true": "yes" }`. */
  readonly values?: { readonly [Old in string]: unknown };
  /** For numbers that `values` does not name: the first range that holds one says what it becomes. */
  readonly ranges?: readonly MappedRange[];
  /** What every other value becomes, null and NaN too. JSON data. Default: it stays as it is. */
  readonly otherwise?: unknown;
}

/** What becomes of the old values. */
export interface MapValuesOptions<Originals extends boolean, Suffix extends string> {
  /** The new value gets a field of its own, `age_mapped`, and the old one stays. Default false: it is replaced. */
  withOriginals?: Originals;
  /** The end of the names of these fields, behind `_`. Default `mapped`. */
  suffix?: Suffix;
}

const RANGE = z.strictObject({ from: z.number().optional(), below: z.number().optional(), to: z.json() })
  .refine(({ from = -Infinity, below = Infinity }) => from < below, "holds no number: from is not less than below");

const OPTIONS = z.strictObject({
  columns: z.record(
    z.string(),
    z.strictObject({
      values: z.record(z.string(), z.json()).optional(),
      ranges: z.array(RANGE).optional(),
      otherwise: z.json().optional(),
    }),
  ).refine((columns) => Object.keys(columns).length > 0, "names no column"),
  withOriginals: z.boolean().optional(),
  suffix: z.string().min(1).optional(),
});

type Mapping = z.infer<typeof OPTIONS>["columns"][string];

/** What `mapValues` does with events. */
export const MAP_VALUES: StepDefinition = {
  kind: "mapValues",
  shape: "box",
  options: OPTIONS,
  code: {},
  open({ options }, { read, write }) {
    const { columns, withOriginals, suffix = "mapped" } = OPTIONS.parse(options);
    const mappings = Object.entries(columns);
    return {
      process(event) {
        const body = fieldsOf(read(event), "map values of the body");
        const mapped = mappings.filter(([column]) => Object.hasOwn(body, column)).map(([column, mapping]) => [
          withOriginals === true ? `${column}_${suffix}` : column,
          newValue(fieldOf(body, column), mapping),
        ]);
        write(event, { ...body, ...Object.fromEntries(mapped) });
        return event;
      },
    };
  },
};

/** Each event gets a copy of its own of what a value becomes. */
function newValue(value: unknown, mapping: Mapping): unknown {
  const { values = {}, ranges = [] } = mapping;
  if (["string", "number", "boolean"].includes(typeof value) && Object.hasOwn(values, String(value))) {
    return copyData(values[String(value)]);
  }
  if (typeof value === "number") {
    const range = ranges.find(({ from = -Infinity, below = Infinity }) =>
      value >= from && (value < below || below === Infinity && value === Infinity)
    );
    if (range !== undefined) return copyData(range.to);
  }
  return mapping.otherwise === undefined ? value : copyData(mapping.otherwise);
}

/** What a value of a field becomes. */
export type MappedValue<Old, Column> =
  | (Column extends { values: infer Values } ? Values[keyof Values] : never)
  | (Column extends { ranges: readonly { to: infer To }[] } ? To : never)
  | (Column extends { otherwise: infer Otherwise } ? Otherwise : Old);

/** The body with values mapped: in the fields themselves, or in fields of their own. */
export type MappedValues<Body, Columns, Originals, Suffix extends string> = Originals extends true ? Extended<
    Body,
    {
      [Column in keyof Body & keyof Columns & string as `${Column}_${Suffix}`]: MappedValue<
        Body[Column],
        Columns[Column]
      >;
    }
  >
  : {
    [Column in keyof Body]: Column extends keyof Columns ? MappedValue<Body[Column], Columns[Column]> : Body[Column];
  };

/**
 * Replaces values of fields by others: named ones, and numbers by the range that they are in. A value that is neither stays as it is,
 * unless `otherwise` says what it becomes; a field that is not there stays away.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { mapValues, serving } from "levada";
 *
 * const fn = serving("mapping");
 * fn.setTopology("flow")
 *   .to("person", (age: number) => ({ age, sex: "f" }))
 *   .to("codes", mapValues({
 *     sex: { values: { f: 0, m: 1 } },
 *     age: { ranges: [{ below: 18, to: "child" }, { from: 18, below: 65, to: "adult" }], otherwise: "old" },
 *   }))
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * deepStrictEqual([await server.test("/", 18), await server.test("/", 70)], [{ age: "adult", sex: 0 }, { age: "old", sex: 0 }]);
 * ```
 *
 * @param columns Field → what its values become.
 */
export function mapValues<
  In extends object,
  const Columns extends { readonly [Column in keyof In & string]?: ValueMapping },
  const Originals extends boolean = false,
  const Suffix extends string = "mapped",
>(
  columns: Columns,
  options: MapValuesOptions<Originals, Suffix> = {},
): ReadyStep<In, MappedValues<In, Columns, Originals, Suffix>> {
  return new ReadyStep(MAP_VALUES, { ...options, columns });
}
