import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { type Times, timesOf } from "../../../../lib/triggers/times.ts";

/** So many times behind this one, ISO 8601 to the minute. */
function timesAfter(times: Times, from: string, count: number): string[] {
  const found: number[] = [];
  for (let at = Date.parse(from); found.length < count;) found.push(at = times.after(at)!);
  return found.map((at) => new Date(at).toISOString().slice(0, 16));
}

Deno.test("timesOf() goes by the clocks of a time zone: a time that is left out comes at the end of the gap, a fixed one comes once", () => {
  const times = timesOf({ schedule: "30 2 * * *", timeZone: "Europe/Rome" });
  deepStrictEqual(timesAfter(times, "2026-03-28T00:00Z", 3), [
    "2026-03-28T01:30",
    "2026-03-29T01:00", // 03:00 there, when 02:00 to 03:00 are left out
    "2026-03-30T00:30",
  ]);
  deepStrictEqual(timesAfter(times, "2026-10-24T12:00Z", 2), ["2026-10-25T00:30", "2026-10-26T01:30"]);
});

Deno.test("timesOf() comes in both hours that an autumn has twice, where the hour is not fixed", () => {
  const times = timesOf({ schedule: "*/30 * * * *", timeZone: "Europe/Rome" });
  deepStrictEqual(timesAfter(times, "2026-10-25T00:00Z", 4).map((time) => time.slice(11)), [
    "00:30",
    "01:00",
    "01:30",
    "02:00",
  ]);
});

Deno.test("timesOf() reads UTC where no time zone is said, seconds, and words", () => {
  deepStrictEqual(timesAfter(timesOf({ schedule: "0 9 * * 1" }), "2026-07-01T00:00Z", 1), ["2026-07-06T09:00"]);
  strictEqual(timesOf({ schedule: "*/10 * * * * *" }).after(20_500), 30_000);
  strictEqual(timesOf({ schedule: "@hourly" }).after(0), 3_600_000);
});

Deno.test("timesOf() counts pauses from 1970 on, so that every process comes to the same times", () => {
  const { after, upTo } = timesOf({ schedule: { everyMs: 700 } });
  deepStrictEqual([after(0), after(699), after(700), upTo(699), upTo(700), upTo(1_500)], [
    700,
    700,
    1_400,
    0,
    700,
    1_400,
  ]);
});

Deno.test("timesOf() tells the last time up to another, that one included", () => {
  const { upTo } = timesOf({ schedule: "*/5 * * * *" });
  deepStrictEqual([upTo(299_999), upTo(300_000), upTo(599_999)], [0, 300_000, 300_000]);
});

Deno.test("timesOf() refuses what is no schedule, or never comes", () => {
  const wrong: [string, string | undefined, RegExp][] = [
    ["* * *", undefined, /schedule: "\* \* \*" cannot be read: .*It is minute, hour, day, month and day of the week/],
    ["61 * * * *", undefined, /"61 \* \* \* \*" cannot be read: Invalid value for minute: 61\. It is/],
    ["2026-01-01T00:00:00", undefined, /it is one time, and no schedule/],
    ["0 0 31 2 *", undefined, /^schedule: "0 0 31 2 \*" never comes$/],
    ["* * * * *", "Mars/One", /^timeZone: there is no "Mars\/One"; it is called as in "Europe\/Rome"$/],
  ];
  for (const [schedule, timeZone, message] of wrong) {
    throws(() => timesOf(timeZone === undefined ? { schedule } : { schedule, timeZone }), {
      name: "TypeError",
      message,
    });
  }
});
