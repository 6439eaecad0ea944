import { strictEqual } from "node:assert/strict";
import { isDeeperThan } from "../../../../lib/protocol/json_depth.ts";

/** The same, told by parsing. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** A value whose lists, objects and texts stand near or far from each other. */
function made(seed: number): unknown {
  let state = seed;
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % below;
  };
  function value(depth: number): unknown {
    switch (depth > 8 ? next(3) : next(6)) {
      case 0:
        return `[{]}"${"\\".repeat(next(4))}`.repeat(next(5));
      case 1:
        return "x".repeat(next(200));
      case 2:
        return next(1_000_000);
      case 3:
        return Object.fromEntries(Array.from({ length: next(4) }, (_, n) => [`"k${n}[`, value(depth + 1)]));
      default:
        return Array.from({ length: next(6) }, () => value(depth + 1));
    }
  }
  return Array.from({ length: 300 }, () => value(0));
}

Deno.test("isDeeperThan() tells as parsing does, for near and far brackets and for texts that look like some", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const value = made(seed);
    const depth = depthOf(value);
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 40)]) {
      strictEqual(isDeeperThan(depth, text), false, `seed ${seed}`);
      strictEqual(isDeeperThan(depth - 1, text), true, `seed ${seed}`);
    }
  }
});
