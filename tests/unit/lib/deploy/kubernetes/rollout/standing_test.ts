import { deepStrictEqual } from "node:assert/strict";
import { Standing } from "../../../../../../lib/deploy/kubernetes/rollout/standing.ts";

Deno.test("Standing counts from when something was told first, without a break", () => {
  let now = 0;
  const standing = new Standing(() => now);
  const at = (ms: number, isSo: boolean) => {
    now = ms;
    standing.told("it", isSo);
    return standing.ms("it");
  };
  deepStrictEqual([at(5, true), at(9, true), at(10, false), at(20, true), at(21, true)], [0, 4, 0, 0, 1]);
  deepStrictEqual(standing.ms("other"), 0);
});
