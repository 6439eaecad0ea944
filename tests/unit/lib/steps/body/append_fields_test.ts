import { deepStrictEqual } from "node:assert/strict";
import { appendFields } from "../../../../../lib/steps/body/append_fields.ts";

Deno.test("appendFields() puts fields behind the body's own, which keep their value, and changes neither", () => {
  const [body, more] = [Object.freeze({ z: 1, b: 2 }), Object.freeze({ a: 3, b: 4 })];
  deepStrictEqual(Object.entries(appendFields(body, more)), [["z", 1], ["b", 2], ["a", 3]]);
});
