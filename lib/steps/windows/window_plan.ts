import { z } from "zod";
import { DURATION, parseDuration } from "../../graph/duration.ts";
import { isNumeric, type Operation, OPERATIONS } from "./tally.ts";

const BUCKETS_AT_MOST = 50_000; // a window that is put together of more is no window but a log

/** What one aggregation says, as data. */
export const AGGREGATION = z.strictObject({
  name: z.string().min(1),
  column: z.string().min(1).optional(),
  operations: z.array(z.enum(OPERATIONS)).min(1),
  windows: z.array(DURATION).min(1),
  period: DURATION.optional(),
  maxValue: z.number().optional(),
}).superRefine(({ operations, windows, period }, context) => {
  const tell = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
  for (const [list, items] of Object.entries({ operations, windows })) {
    const twice = items.findIndex((item, index) => items.indexOf(item as never) !== index);
    if (twice >= 0) tell([list, twice], `"${items[twice]}" is there twice`);
  }
  const lengths = windows.map(lengthOf);
  const bucketMs = period === undefined ? lengths.reduce(divisorOf, 0) : lengthOf(period);
  for (const [index, lengthMs] of lengths.entries()) {
    if (!(lengthMs > 0 && bucketMs > 0)) continue; // told as no duration
    if (lengthMs % bucketMs !== 0) tell(["windows", index], `"${windows[index]}" is no multiple of period "${period}"`);
    if (lengthMs / bucketMs > BUCKETS_AT_MOST) {
      tell(
        ["windows", index],
        `"${windows[index]}" would be put together of ${lengthMs / bucketMs} buckets; at most ${BUCKETS_AT_MOST}: ${
          period === undefined ? "give short windows an aggregation of their own" : "give a longer period"
        }`,
      );
    }
  }
});

/** What one aggregation says, as data. */
export type AggregationData = z.infer<typeof AGGREGATION>;

/** One window of an aggregation. */
export interface Window {
  /** As it was written: `1h`. */
  readonly text: string;
  readonly lengthMs: number;
  /** Its buckets where it is asked for at a time in this bucket: the first, and the last. */
  readonly from: (bucket: number) => number;
  readonly to: (bucket: number) => number;
  /** What each operation's value over it is called: `n_sum_1h`. */
  readonly fields: readonly { readonly operation: Operation; readonly name: string }[];
}

/**
 * How one aggregation is worked out. Time is cut into buckets; a window is put together of whole ones. A sliding window is the
 * last buckets up to that of the time asked for, so it is exact to the period; a fixed one is the stretch that holds the time,
 * counted from 1970, and its buckets are as long as the windows' greatest common divisor.
 */
export class WindowPlan {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly windows: readonly Window[];
  readonly bucketMs: number;
  readonly maxValue: number;
  /** Whether the values must be numbers. */
  readonly isNumeric: boolean;
  /** Whether its windows are fixed stretches of time. */
  readonly isFixed: boolean;
  /** The longest window. */
  readonly longestMs: number;

  /** Takes what the schema has checked. */
  constructor({ name, operations, windows, period, maxValue = Infinity }: AggregationData) {
    this.name = name;
    this.operations = operations;
    this.maxValue = maxValue;
    this.isNumeric = operations.some(isNumeric);
    const lengths = windows.map(parseDuration);
    const bucketMs = period === undefined ? lengths.reduce(divisorOf) : parseDuration(period);
    this.bucketMs = bucketMs;
    this.isFixed = period === undefined;
    this.longestMs = Math.max(...lengths);
    this.windows = windows.map((text, index) => {
      const lengthMs = lengths[index]!;
      const buckets = lengthMs / bucketMs;
      const from = period === undefined
        ? (bucket: number) => Math.floor(bucket / buckets) * buckets
        : (bucket: number) => bucket - buckets + 1;
      return {
        text,
        lengthMs,
        from,
        to: period === undefined ? (bucket) => from(bucket) + buckets - 1 : (bucket) => bucket,
        fields: operations.map((operation) => ({ operation, name: `${name}_${operation}_${text}` })),
      };
    });
  }

  /** The bucket of a time. */
  bucketOf(time: number): number {
    return Math.floor(time / this.bucketMs);
  }

  /** The first bucket that is needed for windows at this time. */
  needed(time: number): number {
    const bucket = this.bucketOf(time);
    return Math.min(...this.windows.map(({ from }) => from(bucket)));
  }

  /** A value as it is given out: a count, sum or maximum at most `maxValue`. */
  limited(operation: Operation, value: unknown): unknown {
    const isLimited = operation === "count" || operation === "sum" || operation === "max";
    return isLimited && typeof value === "number" ? Math.min(value, this.maxValue) : value;
  }
}

function divisorOf(one: number, other: number): number {
  return other > 0 ? divisorOf(other, one % other) : one;
}

function lengthOf(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return NaN;
  }
}
