/** The types of what aggregations add to a body. Everything here is for the compiler only. */

import type { Duration } from "../../graph/duration.ts";
import type { Aggregation } from "./aggregation.ts";
import type { EmitPolicy } from "./emission.ts";
import type { Operation } from "./tally.ts";

/** The type of a field by its name: `n_count_1h` is a number, `n_sum_1h` is null where nothing was counted. */
export type WindowValue<Name> = Name extends `${string}_count_${Duration}` ? number
  : Name extends `${string}_${"first" | "last"}_${Duration}` ? string | number | boolean | null
  : Name extends `${string}_${Operation}_${Duration}` ? number | null
  : unknown;

/** The names of the fields that one aggregation makes. */
export type WindowFieldName<One> = One extends {
  readonly name: infer Name extends string;
  readonly operations: readonly (infer Op extends Operation)[];
  readonly windows: readonly (infer Length extends Duration)[];
} ? `${Name}_${Op}_${Length}`
  : never;

/** The fields that aggregations make: `{ n_sum_1h: number | null; … }`. */
export type WindowFields<Aggregations extends readonly unknown[]> = {
  [Name in WindowFieldName<Aggregations[number]>]: WindowValue<Name>;
};

/** The body behind `aggregateByKey`: an event that is too late has none of the fields. */
export type Aggregated<In, Aggregations extends readonly unknown[], Emit extends EmitPolicy | undefined> = Emit extends
  { readonly after: string } ? { key: string; time: Date } & WindowFields<Aggregations>
  : In & Partial<WindowFields<Aggregations>>;

/** Aggregations of any form. */
export type Aggregations<In> = readonly Aggregation<In>[];
