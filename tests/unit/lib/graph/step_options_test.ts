import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { isStepOption, STEP_OPTIONS, wishOf } from "../../../../lib/graph/step_options.ts";

Deno.test("isStepOption() tells the options that all steps have, and nothing that an object inherits", () => {
  deepStrictEqual(["timeoutMs", "key", "constructor", "__proto__"].map(isStepOption), [true, false, false, false]);
});

Deno.test("wishOf() says what an option has to be where it is not", () => {
  strictEqual(wishOf("retries", 2), undefined);
  for (const value of [-1, 0.5, NaN, Infinity, "2", null]) {
    strictEqual(wishOf("retries", value), "a whole number, 0 or more");
  }
  for (const value of [0, -5, NaN, Infinity]) strictEqual(wishOf("timeoutMs", value), "milliseconds, more than 0");
  for (const value of ["", "a..b", ".a", 5]) {
    strictEqual(wishOf("resultPath", value), "names joined by dots, such as stats.length");
  }
  strictEqual(wishOf("breaker", { failures: 0, coolDownMs: 1 }), "{ failures: 1 or more, coolDownMs: 0 or more }");
});

Deno.test("STEP_OPTIONS takes some of the options, and no others", () => {
  strictEqual(STEP_OPTIONS.safeParse({ retries: 1, share: true }).success, true);
  strictEqual(STEP_OPTIONS.safeParse({ retires: 1 }).success, false);
});
