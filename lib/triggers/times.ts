import { Cron } from "croner";
import type { ScheduleTrigger } from "./trigger.ts";

/** The times of a schedule, in milliseconds since 1970. */
export interface Times {
  /** The first behind this one; undefined where there is none. */
  after(ms: number): number | undefined;
  /** The last that is not behind this one; undefined where there is none. */
  upTo(ms: number): number | undefined;
}

/**
 * Reads a schedule.
 *
 * @throws {TypeError} If it is none, or its time never comes.
 */
export function timesOf({ schedule, timeZone = "UTC" }: Pick<ScheduleTrigger, "schedule" | "timeZone">): Times {
  if (typeof schedule !== "string") {
    const { everyMs } = schedule;
    return {
      after: (ms) => (Math.floor(ms / everyMs) + 1) * everyMs,
      upTo: (ms) => Math.floor(ms / everyMs) * everyMs,
    };
  }
  const cron = read(schedule, timeZone);
  const times: Times = {
    after: (ms) => cron.nextRun(new Date(ms))?.getTime(),
    upTo: (ms) => cron.previousRuns(1, new Date(ms + 1))[0]?.getTime(),
  };
  if (times.after(0) === undefined) throw new TypeError(`schedule: "${schedule}" never comes`);
  return times;
}

function read(schedule: string, timeZone: string): Cron {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    throw new TypeError(`timeZone: there is no "${timeZone}"; it is called as in "Europe/Rome"`);
  }
  try {
    if (/^\s*\d{4}-/.test(schedule)) throw new TypeError("it is one time, and no schedule");
    return new Cron(schedule, { timezone: timeZone, paused: true });
  } catch (error) {
    const why = (error as Error).message.replace(/^CronPattern: /, "").replace(/\.$/, "");
    throw new TypeError(
      `schedule: "${schedule}" cannot be read: ${why}. It is minute, hour, day, month and day of the week, as in "*/5 * * * *"`,
    );
  }
}
