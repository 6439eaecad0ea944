import { strictEqual } from "node:assert/strict";
import { kindOf, stateOf } from "../../../lib/kind_of.ts";

Deno.test("kindOf() says what a value is", () => {
  const kinds = [[NaN, "NaN"], [Infinity, "Infinity"], [0, "number"], [{}, "object"], [
    new Date(NaN),
    "an invalid Date",
  ], [true, "boolean"]] as const;
  for (const [value, kind] of kinds) strictEqual(kindOf(value), kind);
});

Deno.test("stateOf() tells text and numbers themselves, and of everything else what it is", () => {
  const states = [["a", '"a"'], [5, "5"], [NaN, "NaN"], [null, "null"], [[1], "a list"], [new Map(), "a Map"], [
    "x".repeat(51),
    `"${"x".repeat(50)}…"`,
  ]] as const;
  for (const [value, state] of states) strictEqual(stateOf(value), state);
});
