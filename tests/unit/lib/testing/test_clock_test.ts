import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { sleep } from "../../../../lib/flow/system_clock.ts";
import { testClock } from "../../../../lib/testing/test_clock.ts";

Deno.test("testClock() stands still, and begins where it is told", () => {
  strictEqual(testClock().now(), 0);
  strictEqual(testClock(5).now(), 5);
  strictEqual(testClock(new Date(7)).now(), 7);
  throws(() => testClock(new Date("never")), /its start is no time but an invalid date/);
});

Deno.test("advance() calls what is due in the order of its time, at its time", async () => {
  const clock = testClock(1_000);
  const calls: [string, number][] = [];
  const note = (name: string) => () => void calls.push([name, clock.now()]);
  clock.schedule(30, note("late"));
  clock.schedule(10, note("first"));
  clock.schedule(10, note("second"));
  clock.schedule(-5, note("at once"));
  const cancel = clock.schedule(20, note("never"));
  cancel();
  clock.schedule(31, note("not yet"));
  strictEqual(clock.nextMs, 0);
  await clock.advance(30);
  deepStrictEqual(calls, [["at once", 1_000], ["first", 1_010], ["second", 1_010], ["late", 1_030]]);
  deepStrictEqual([clock.now(), clock.timers, clock.nextMs], [1_030, 1, 1]);
});

Deno.test("advance() lets promises settle before, between and after, however long their chain", async () => {
  const clock = testClock();
  const times: number[] = [];
  async function tick(): Promise<void> {
    for (let turn = 0; turn < 1_000; turn++) await Promise.resolve();
    for (let beat = 0; beat < 3; beat++) {
      await sleep(clock, 10);
      for (let turn = 0; turn < 1_000; turn++) await Promise.resolve();
      times.push(clock.now());
    }
  }
  void tick();
  await clock.advance(30);
  deepStrictEqual(times, [10, 20, 30]);
});

Deno.test("advance() refuses to go back", async () => {
  for (const ms of [-1, NaN, Infinity]) await rejects(testClock().advance(ms), { name: "RangeError" });
});

Deno.test("testClock() refuses a start that is text, and schedule() what is no number", () => {
  throws(() => testClock("2026" as never), {
    name: "RangeError",
    message: "Cannot make a test clock: its start is no time but string. Give a date, or milliseconds since 1970",
  });
  throws(() => testClock(NaN), /its start is no time but NaN/);
  throws(() => testClock(null as never), /its start is no time but object/);
  const clock = testClock();
  for (const wrong of [NaN, undefined, "10"]) {
    throws(() => clock.schedule(wrong as never, () => {}), {
      name: "RangeError",
      message: /^Cannot set a timer after/,
    });
  }
  deepStrictEqual([clock.timers, clock.nextMs], [0, undefined]);
});
