import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { shareOf } from "../../../../lib/routers/share_of.ts";

Deno.test("shareOf() always gives a key the same number, from 0 to below 1", () => {
  deepStrictEqual(["", "ann", "Ünal"].map(shareOf), ["", "ann", "Ünal"].map(shareOf));
  strictEqual(shareOf("ann").toFixed(6), "0.646808");
  ok(["", "ann", "Ünal"].every((key) => shareOf(key) >= 0 && shareOf(key) < 1));
});

Deno.test("shareOf() spreads keys that differ by a counter evenly", () => {
  const tenths = new Array(10).fill(0);
  for (let index = 0; index < 10_000; index++) tenths[Math.floor(shareOf(`user-${index}`) * 10)] += 1;
  ok(tenths.every((count) => count > 900 && count < 1_100), String(tenths));
});
