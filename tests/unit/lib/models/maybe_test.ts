import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { andThen } from "../../../../lib/models/maybe.ts";

Deno.test("andThen() goes on at once with a value", () => strictEqual(andThen(2, (value) => value + 1), 3));

Deno.test("andThen() waits for a promise, and lets its failure through", async () => {
  strictEqual(await andThen(Promise.resolve(2), (value) => value + 1), 3);
  const seen: unknown[] = [];
  await rejects(async () => await andThen(Promise.reject(new Error("no")), (value) => seen.push(value)), /no/);
  deepStrictEqual(seen, []);
});
