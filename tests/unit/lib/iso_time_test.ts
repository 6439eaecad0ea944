import { strictEqual } from "node:assert/strict";
import { parseIsoTime } from "../../../lib/iso_time.ts";

Deno.test("parseIsoTime() reads times without an offset in UTC, on every machine", () => {
  for (
    const text of ["2024-01-31T23:30", "2024-01-31 23:30:00", "2024-01-31T23:30:00.000Z", "2024-02-01T01:30+02:00"]
  ) {
    strictEqual(parseIsoTime(text), Date.UTC(2024, 0, 31, 23, 30), text);
  }
  strictEqual(parseIsoTime("2024-01-31"), Date.UTC(2024, 0, 31));
});

Deno.test("parseIsoTime() gives NaN for what machines read in different ways, and for no time", () => {
  for (
    const text of [
      "",
      "1/2/2024",
      "2024",
      "31 Jan 2024",
      "2024-13-01",
      "2024-01-31T25:00",
      " 2024-01-31",
      "9".repeat(99),
    ]
  ) {
    strictEqual(parseIsoTime(text), NaN, text);
  }
});
