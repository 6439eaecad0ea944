import { deepStrictEqual, throws } from "node:assert/strict";
import { timeOf } from "../../../../../lib/steps/body/time_reader.ts";

Deno.test("timeOf() reads dates, numbers and ISO 8601, in UTC where no offset is given", () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 600);
  for (
    const value of [
      new Date(at),
      at,
      "2026-01-02T03:04:05.600Z",
      "2026-01-02 03:04:05.6",
      "2026-01-02T04:04:05.600+01:00",
    ]
  ) {
    deepStrictEqual(timeOf(value, "test"), at);
  }
  deepStrictEqual(timeOf("2026-01-02", "test"), Date.UTC(2026, 0, 2));
  deepStrictEqual(timeOf(-1.5, "test"), -1.5);
});

Deno.test("timeOf() refuses everything else", () => {
  for (
    const value of [
      "",
      "now",
      "2026",
      "02/01/2026",
      "2026-13-01",
      "2026-01-02T25:00",
      NaN,
      9e15,
      null,
      undefined,
      {},
      true,
      new Date(NaN),
    ]
  ) {
    throws(() => timeOf(value, "look"), {
      name: "TypeError",
      message: /^Cannot look: its time is .*A time is a date, text/,
    });
  }
});

Deno.test("timeOf() says what it got in place of a time", () => {
  for (
    const [value, state] of [[NaN, "NaN"], ["now", '"now"'], [9e15, "9000000000000000"], [{}, "object"], [[], "a list"]]
  ) {
    throws(() => timeOf(value, "look"), new RegExp(`^TypeError: Cannot look: its time is ${state}\\. A time`));
  }
});
