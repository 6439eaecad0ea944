import { deepStrictEqual } from "node:assert/strict";
import { countResults, parseOutcome } from "./results.ts";

Deno.test("parseOutcome() reads a line of a script, and no other", () => {
  deepStrictEqual(parseOutcome("fail   0.31 s  Wire.test_replay      1 != 2"), {
    name: "Wire.test_replay",
    result: "fail",
    note: "1 != 2",
  });
  deepStrictEqual(parseOutcome("pass 100.00 s  Wire.test_replay")?.result, "pass");
  deepStrictEqual(parseOutcome("  Wire   pass 3 fail 1"), undefined);
});

Deno.test("countResults() counts what is for later as skipped, and tells what has changed", () => {
  const outcomes = [
    { name: "A.pass", result: "pass", note: "" },
    { name: "A.fail", result: "fail", note: "why" },
    { name: "A.skip", result: "skip", note: "no such thing" },
    { name: "B.later", result: "fail", note: "" },
    { name: "B.won", result: "pass", note: "" },
  ] as const;
  const { lines, tally } = countResults(outcomes, { "B.later": "issue 9", "B.won": "issue 9", "C.gone": "issue 9" });
  deepStrictEqual(tally, { passed: 2, failed: 3, skipped: 1 });
  deepStrictEqual(lines, [
    "  A                    1 of 3, 2 FAILED",
    "  B                    1 of 2, 1 later",
    "later   B.later: issue 9",
    "passes  B.won: take it out of later.json",
    "unknown C.gone: in later.json, but there is no such test",
    "FAILED  A.fail: why",
    "SKIPPED A.skip: no such thing",
  ]);
});
