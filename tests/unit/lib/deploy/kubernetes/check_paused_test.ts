import { deepStrictEqual } from "node:assert/strict";
import type { ClusterObject } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import { faultsOfPaused } from "../../../../../lib/deploy/kubernetes/check_paused.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { releaseOfShop } from "../../../../support/releases.ts";

function deploymentOf(revision: string): ClusterObject {
  return objectsOf(releaseOfShop({ revision })).find(({ kind }) => kind === "Deployment")!;
}

Deno.test("faultsOfPaused() names a Deployment that somebody has paused, where its pods are to be others", () => {
  const wished = deploymentOf("ba9876543210");
  const there = deploymentOf("0123456789ab");
  const paused = { ...there, spec: { ...there.spec, paused: true } };
  deepStrictEqual(faultsOfPaused([{ wished, there: paused }]), [
    "Deployment market/shop: somebody has paused it, and it makes no new pods until `kubectl rollout resume deployment/shop -n market`",
  ]);
  deepStrictEqual(
    faultsOfPaused([{ wished, there }, { wished: there, there: paused }, { wished, there: undefined }]),
    [],
  );
});
