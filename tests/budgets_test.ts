import { deepStrictEqual } from "node:assert/strict";
import { timesOf } from "./conformance/budgets.ts";

const MINUTE_MS = 60_000;

Deno.test("timesOf() tells what suites took beside what they may, and which took longer", () => {
  const took = new Map([["golden", 9], ["cluster", 20], ["zmtp", 1.5], ["jupyter", 7], ["oip", 4]].map(
    ([name, minutes]) => [String(name), Number(minutes) * MINUTE_MS] as const,
  ));
  deepStrictEqual(timesOf(took), {
    lines: [
      "cluster: 20.0 of 20 minutes",
      "kernel: 8.5 of 8 minutes (zmtp 1.5, jupyter 7.0)",
      "the rest: 13.0 of 15 minutes (golden 9.0, oip 4.0)",
    ],
    over: ["OVER BUDGET kernel: 8.5 of 8 minutes (zmtp 1.5, jupyter 7.0)"],
  });
});
