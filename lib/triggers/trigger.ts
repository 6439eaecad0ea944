/** What starts a function besides its callers. */

/** A stream whose records start a function. */
export interface StreamTrigger {
  /** Its path: `kafka://broker:9092/orders`, as `openStream` takes it. `${NAME}` for a login is the secret of that name. */
  readonly stream: string;
  /** Readers of one group share the records; each group gets all. Default: the function's name, so its processes share them. */
  readonly group?: string;
  /** Where a group begins that has not read before: at the first record (default), or behind the last. */
  readonly from?: "start" | "end";
  /** How many records are taken together at most, 1 or more. Default 100. */
  readonly maxRecords?: number;
  /** How often a record is tried before it goes to the dead letters, 1 or more. Default 5. */
  readonly maxTries?: number;
  /** The pause after the first failure, in milliseconds, 0 or more; it doubles each time. Default 100. */
  readonly backoffMs?: number;
  /**
   * Whether what the function publishes and the acknowledgement of what it was made of go to Kafka in one transaction; see the README.
   * Default false. A mock server and a test bench in memory go on as without it.
   */
  readonly exactlyOnce?: boolean;
}

/** Times at which a function starts by itself. */
export interface ScheduleTrigger {
  /**
   * Cron's five fields (minute, hour, day, month, day of the week), six with seconds in front, or a word such as `@daily`; or a pause, in
   * whole milliseconds from 100 on, counted from 1970 on, so that every process comes to the same times.
   */
  readonly schedule: string | { readonly everyMs: number };
  /**
   * By whose clocks the fields are meant: `Europe/Rome`. A time that a spring leaves out comes at the end of the gap; a time that an autumn
   * has twice comes once, where the hour is fixed. Default `UTC`, whatever the machine's.
   */
  readonly timeZone?: string;
  /** The body of each event: JSON. Default null. */
  readonly body?: unknown;
  /** The path of each event. Default `/`. */
  readonly path?: string;
  /** The key of each event. Default: none. */
  readonly key?: string;
  /** The headers of each event. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** When the event before is not done: this one is left out (`skip`, default), or comes all the same. */
  readonly overlap?: "skip" | "allow";
  /** What becomes of times at which nothing ran: they are told and left out (`skip`, default), or the last of them comes late, `once`. */
  readonly missed?: "skip" | "once";
  /** How often an event is tried before it goes to the dead letters, 1 or more. Default 5. */
  readonly maxTries?: number;
  /** The pause after the first failure, in milliseconds, 0 or more; it doubles each time. Default 100. */
  readonly backoffMs?: number;
}

/**
 * What starts a function by itself: a stream, or a schedule.
 *
 * @example Orders of a stream, and a count every five minutes
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { queue, serving } from "levada";
 * import { testBench } from "levada/testing";
 *
 * const fn = serving("shop")
 *   .addTrigger("orders", { stream: "kafka://broker:9092/orders", maxRecords: 10 })
 *   .addTrigger("count", { schedule: "*\/5 * * * *", body: { count: true } });
 * fn.setTopology("flow").to("see", (body: object) => body).to("seen", queue({ path: "kafka://broker:9092/seen" }));
 *
 * await using bench = await testBench(fn); // streams in this process, and time stands still
 * await bench.publish("orders", { order: 1 });
 * await bench.clock.advance(300_000);
 * deepStrictEqual((await bench.published("seen")).map(({ body }) => body), [{ order: 1 }, { count: true }]);
 * ```
 */
export type Trigger = StreamTrigger | ScheduleTrigger;

/** Whether it is a schedule. */
export function isSchedule(trigger: Trigger): trigger is ScheduleTrigger {
  return "schedule" in trigger;
}

/** A trigger in a few words: its stream without logins and options, or its times. */
export function describeTrigger(trigger: Trigger): string {
  if (!isSchedule(trigger)) return trigger.stream.replace(/\/\/[^/@]*@/, "//").replace(/[?#].*$/, "");
  const { schedule, timeZone = "UTC" } = trigger;
  return typeof schedule === "string" ? `${schedule} ${timeZone}` : `every ${lengthOf(schedule.everyMs)}`;
}

const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1_000]] as const;

function lengthOf(ms: number): string {
  const [unit, each] = UNITS.find(([, each]) => ms % each === 0) ?? ["ms", 1];
  return `${ms / each} ${unit}`;
}
