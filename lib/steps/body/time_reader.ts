import type { FlowEvent } from "../../graph/event.ts";
import type { StepScope } from "../../graph/operator.ts";
import { parseIsoTime } from "../../iso_time.ts";
import { stateOf } from "../../kind_of.ts";
import { fieldOf, fieldsOf } from "./fields_of.ts";
import type { KeySource } from "./key_reader.ts";

const LATEST_MS = 8.64e15; // what a Date can hold

/** Makes what finds the time of an event, in milliseconds since 1970. Where the options say nothing it is the event's own. */
export function timeReader({ field, fn, act }: KeySource, { read }: StepScope): (event: FlowEvent) => number {
  if (fn !== undefined) return (event) => timeOf(fn(read(event)), act);
  if (field !== undefined) return (event) => timeOf(fieldOf(fieldsOf(read(event), act), field), act);
  return (event) => timeOf(event.time, act);
}

/**
 * A time in milliseconds since 1970: of a date, of text as ISO 8601 has it, or of such a number.
 *
 * @throws {TypeError} If it is none of these.
 */
export function timeOf(value: unknown, act: string): number {
  const time = value instanceof Date ? value.getTime() : typeof value === "string" ? parseIsoTime(value) : value;
  if (typeof time === "number" && Math.abs(time) <= LATEST_MS) return time;
  throw new TypeError(
    `Cannot ${act}: its time is ${
      stateOf(value)
    }. A time is a date, text such as "2026-07-21T21:40:00Z", or milliseconds since 1970`,
  );
}
