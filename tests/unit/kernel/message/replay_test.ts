import { deepStrictEqual } from "node:assert/strict";
import { ReplayGuard } from "../../../../kernel/message/replay.ts";

Deno.test("ReplayGuard.isReplay() knows a signature that came before, and forgets the oldest", () => {
  const guard = new ReplayGuard(2);
  deepStrictEqual(["a", "a", "b", "c", "a"].map((signature) => guard.isReplay(signature)), [
    false,
    true,
    false,
    false,
    false,
  ]);
  deepStrictEqual([guard.isReplay(""), guard.isReplay("")], [false, false], "unsigned messages are never replays");
});
