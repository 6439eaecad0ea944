import { deepStrictEqual } from "node:assert/strict";
import type { ClusterObject } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import type { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { liveFunctions } from "../../../../../lib/deploy/kubernetes/live_functions.ts";
import { functionLabels, TARGET, TARGET_LABEL } from "../../../../../lib/deploy/kubernetes/objects/labels.ts";

const PLACE = { name: "shop", namespace: "test" };

function deploymentOf(name: string, metadata: Partial<ClusterObject["metadata"]> = {}): ClusterObject {
  const labels = { ...functionLabels(PLACE, { name }), [TARGET_LABEL]: TARGET };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: name === "shop" ? name : `shop-${name}`, namespace: "test", labels, ...metadata },
    spec: { template: { metadata: { labels }, spec: { containers: [{ args: [] }] } } },
  };
}

Deno.test("liveFunctions() tells the serving function first, and no child that is going", async () => {
  const list = () =>
    Promise.resolve([
      deploymentOf("bill"),
      deploymentOf("gone", { deletionTimestamp: "2026-11-26T19:00:00Z" }),
      deploymentOf("shop"),
    ]);
  const found = await liveFunctions({ list } as unknown as ClusterObjects, PLACE);
  deepStrictEqual(found.map(({ name, objectName }) => [name, objectName]), [["shop", "shop"], ["bill", "shop-bill"]]);
});
