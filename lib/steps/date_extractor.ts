import { z } from "zod";
import type { StepDefinition } from "../graph/operator.ts";
import { ReadyStep } from "../graph/step.ts";
import type { Extended } from "../graph/typing.ts";
import { stateOf } from "../kind_of.ts";
import { fieldOf, fieldsOf } from "./body/fields_of.ts";

/** A part of a date that is a number. */
export type DatePart =
  | "year"
  | "quarter"
  | "month"
  | "week"
  | "day"
  | "dayOfWeek"
  | "dayOfYear"
  | "hour"
  | "minute"
  | "second";

/** Each part as a number: days of the week from Monday, 0, to Sunday, 6; weeks as ISO 8601 counts them. */
const PARTS: Readonly<Record<DatePart, (at: Temporal.ZonedDateTime) => number>> = {
  year: (at) => at.year,
  quarter: (at) => Math.ceil(at.month / 3),
  month: (at) => at.month,
  week: (at) => at.weekOfYear!,
  day: (at) => at.day,
  dayOfWeek: (at) => at.dayOfWeek - 1,
  dayOfYear: (at) => at.dayOfYear,
  hour: (at) => at.hour,
  minute: (at) => at.minute,
  second: (at) => at.second,
};

/** Which parts of which date. */
export interface DateExtractorOptions<Part extends DatePart, Column extends string> {
  /** The parts, 1 or more: `year`, `quarter`, `month`, `week`, `day`, `dayOfWeek` (Monday is 0), `dayOfYear`, `hour`, `minute`, `second`. */
  parts: readonly Part[];
  /** The field that holds the date: a `Date`, ISO 8601 text, or milliseconds since 1970. */
  column: Column;
  /** The place whose clocks and calendar count, `Europe/Berlin`; also for text without an offset. Default `UTC`. */
  timeZone?: string;
}

const OPTIONS = z.strictObject({
  parts: z.array(z.enum(Object.keys(PARTS) as DatePart[])).min(1, "names no part"),
  column: z.string().min(1),
  timeZone: z.string().refine(isTimeZone, "is no time zone that is known here").optional(),
});

/** What `dateExtractor` does with events. */
export const DATE_EXTRACTOR: StepDefinition = {
  kind: "dateExtractor",
  shape: "box",
  options: OPTIONS,
  code: {},
  open({ options }, { read, write }) {
    const { parts, column, timeZone = "UTC" } = OPTIONS.parse(options);
    return {
      process(event) {
        const body = fieldsOf(read(event), "take a date out of the body");
        const value = fieldOf(body, column);
        const at = dateOf(value, timeZone);
        if (at === undefined) {
          throw new TypeError(
            `Cannot take parts of the date in field "${column}": it is ${
              stateOf(value)
            }, not a Date, ISO 8601 text or milliseconds`,
          );
        }
        const fields = parts.map((part) => [`${column}_${part}`, PARTS[part](at)]);
        write(event, { ...body, ...Object.fromEntries(fields) });
        return event;
      },
    };
  },
};

const OFFSET = /^[^[T ]*[T ][^[]*[Z+-]/i; // behind a time, and before the name of a time zone

function dateOf(value: unknown, timeZone: string): Temporal.ZonedDateTime | undefined {
  try {
    if (value instanceof Date) {
      return Temporal.Instant.fromEpochMilliseconds(value.getTime()).toZonedDateTimeISO(timeZone);
    }
    if (typeof value === "number") {
      return Temporal.Instant.fromEpochMilliseconds(Math.floor(value)).toZonedDateTimeISO(timeZone);
    }
    if (typeof value !== "string") return undefined;
    if (OFFSET.test(value)) return Temporal.Instant.from(value).toZonedDateTimeISO(timeZone);
    if (value.includes("[")) return Temporal.ZonedDateTime.from(value).withTimeZone(timeZone);
    return Temporal.PlainDateTime.from(value, { overflow: "reject" }).toZonedDateTime(timeZone);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * Adds parts of a date as numbers, `at_hour` for the hour of field `at`: what a model can learn from a time.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { dateExtractor, serving } from "levada";
 *
 * const fn = serving("dates");
 * fn.setTopology("flow")
 *   .to("order", (at: string) => ({ at }))
 *   .to("parts", dateExtractor({ column: "at", parts: ["hour", "dayOfWeek"] }))
 *   .respond();
 *
 * await using server = await fn.toMockServer();
 * const at = "2024-02-29T13:30:00Z"; // a Thursday
 * deepStrictEqual(await server.test("/", at), { at, at_hour: 13, at_dayOfWeek: 3 });
 * ```
 */
export function dateExtractor<In extends object, const Part extends DatePart, const Column extends keyof In & string>(
  options: DateExtractorOptions<Part, Column>,
): ReadyStep<In, Extended<In, { [Name in `${Column}_${Part}`]: number }>> {
  return new ReadyStep(DATE_EXTRACTOR, { ...options });
}
