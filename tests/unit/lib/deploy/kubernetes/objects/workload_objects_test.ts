import { deepStrictEqual } from "node:assert/strict";
import { workloadObjects } from "../../../../../../lib/deploy/kubernetes/objects/workload_objects.ts";
import type { ReleasedFunction } from "../../../../../../lib/deploy/kubernetes/release.ts";
import { aRelease } from "../../../../../support/a_release.ts";

function strategyOf(cluster: ReleasedFunction["cluster"]) {
  const release = aRelease({ cluster });
  return workloadObjects(release, release.first)[1]!.spec.strategy;
}

Deno.test("workloadObjects() has a new pod come first, or an old one go where there is no room for one more", () => {
  const rolling = (maxUnavailable: number, maxSurge: number) => ({
    type: "RollingUpdate",
    rollingUpdate: { maxUnavailable, maxSurge },
  });
  deepStrictEqual(strategyOf({}), rolling(0, 1));
  deepStrictEqual(strategyOf({ rollout: "new-first" }), rolling(0, 1));
  deepStrictEqual(strategyOf({ rollout: "old-first" }), rolling(1, 0));
});
