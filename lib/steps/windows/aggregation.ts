import type { Fault } from "../../errors.ts";
import type { Duration } from "../../graph/duration.ts";
import { atOnce } from "../../graph/later.ts";
import type { Code, StepSpec } from "../../graph/operator.ts";
import { kindOf, stateOf } from "../../kind_of.ts";
import { fieldOf, fieldsOf } from "../body/fields_of.ts";
import type { Operation } from "./tally.ts";
import type { AggregationData } from "./window_plan.ts";
import { NOTHING } from "./window_table.ts";

/** Values that are worked out over windows of time. */
export interface Aggregation<In> {
  /** What its fields begin with: `n` for `n_sum_1h`. */
  readonly name: string;
  /** The field of the body that holds the value. */
  readonly column?: keyof In & string;
  /** In place of a column: makes the value of the body, at once. */
  readonly value?: (body: In) => unknown;
  /**
   * What is told of the values. A value that is null, undefined or NaN is counted nowhere. `count`, `first` and `last` take text,
   * numbers and booleans, the others finite numbers; `first` and `last` go by the events' times.
   */
  readonly operations: readonly Operation[];
  /** How long the windows are. */
  readonly windows: readonly Duration[];
  /**
   * How far apart the starts of sliding windows are; divides every window. Default: windows do not slide, each is a fixed stretch of
   * time, counted from 1970 in UTC.
   */
  readonly period?: Duration;
  /** Only events of which this says yes are counted; the others still get the fields. */
  readonly where?: (body: In) => boolean;
  /** A count, sum or max above this is given as this. Default: no limit. */
  readonly maxValue?: number;
}

/** The data of aggregations, and their functions by `value:n` and `where:n`. */
export function splitAggregations(aggregations: readonly object[]): { data: object[]; code: Record<string, Code> } {
  const code: Record<string, Code> = {};
  const data = aggregations.map((aggregation) => {
    const { value, where, ...rest } = aggregation as Aggregation<unknown>;
    if (value !== undefined) code[`value:${rest.name}`] = value;
    if (where !== undefined) code[`where:${rest.name}`] = where;
    return rest;
  });
  return { data, code };
}

/** The faults that only all aggregations and their functions together show. */
export function checkAggregations(aggregations: readonly AggregationData[], code: StepSpec["code"]): Fault[] {
  const fault = (cause: string, cure: string): Fault => ({ cause, cure, severity: "error" });
  return aggregations.flatMap(({ name, column }, index) => {
    const faults: Fault[] = [];
    if (aggregations.findIndex((other) => other.name === name) < index) {
      faults.push(fault(`two aggregations have the name "${name}"`, `Rename one of them, or join their operations`));
    }
    if ((column === undefined) === (code[`value:${name}`] === undefined)) {
      faults.push(fault(
        `aggregation "${name}" has ${column === undefined ? "neither a column nor a" : "both a column and a"} value`,
        `Say { column: "field" } or { value: (body) => … }`,
      ));
    }
    for (const option of ["value", "where"]) {
      const given: unknown = code[`${option}:${name}`];
      if (given !== undefined && typeof given !== "function") {
        faults.push(fault(`${option} of aggregation "${name}" is ${kindOf(given)}`, `Give a function: (body) => …`));
      }
    }
    return faults;
  });
}

/** What finds the value of an aggregation in a body; `NOTHING` where there is none to count. */
export function valueReader(
  { name, column }: AggregationData,
  { isNumeric, code }: { isNumeric: boolean; code: StepSpec["code"] },
): (body: unknown) => unknown {
  const act = `aggregate the event into "${name}"`;
  const [read, where] = [code[`value:${name}`], code[`where:${name}`]];
  return (body) => {
    if (where !== undefined && !atOnce(where(body), act, "where")) return NOTHING;
    const value = read === undefined ? fieldOf(fieldsOf(body, act), column!) : atOnce(read(body), act, "value");
    if (value === undefined || value === null || Number.isNaN(value)) return NOTHING;
    if (isNumeric ? Number.isFinite(value) : ["string", "number", "boolean"].includes(typeof value)) return value;
    throw new TypeError(
      `Cannot ${act}: ${column === undefined ? "its value" : `field "${column}"`} is ${stateOf(value)}, not ${
        isNumeric ? "a finite number" : "text, a number or a boolean"
      }`,
    );
  };
}
