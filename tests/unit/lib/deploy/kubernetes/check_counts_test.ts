import { deepStrictEqual } from "node:assert/strict";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { faultsOfCounts } from "../../../../../lib/deploy/kubernetes/check_counts.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { serveObjects } from "../../../../support/kept_objects.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const RELEASE = releaseOfShop({ functions: [functionOf("shop"), functionOf("bill")] });

/** What is said of a namespace with such a quota, where the first so many objects are there. */
async function faults(hard: object, used: object, there = 0): Promise<string[]> {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  const wished = objectsOf(RELEASE);
  for (const object of wished.slice(0, there)) await objects.apply(object);
  server.objects.set("/api/v1/namespaces/market/resourcequotas/few", {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "few" },
    spec: {},
    status: { hard, used },
  });
  return await faultsOfCounts(objects, RELEASE, wished);
}

Deno.test("faultsOfCounts() counts what is new of each kind together, each of which would fit", async () => {
  deepStrictEqual(await faults({ services: "2", configmaps: "3" }, { configmaps: "1" }), []);
  deepStrictEqual(await faults({ services: "1", configmaps: "3" }, { configmaps: "2" }), [
    "quota few of the namespace: services is 1, 0 are used, and this makes 2 more: Service market/shop-bill, Service market/shop",
    "quota few of the namespace: configmaps is 3, 2 are used, and this makes 2 more: ConfigMap market/shop-0123456789ab, ConfigMap market/shop-release",
  ]);
  const all = objectsOf(RELEASE).length;
  deepStrictEqual(await faults({ services: "2", configmaps: "2" }, { services: "2", configmaps: "1" }, all), []);
});

Deno.test("faultsOfCounts() counts by the names of all kinds, the lease included, and leaves out what it does not make", async () => {
  const hard = {
    "count/leases.coordination.k8s.io": "0",
    "count/deployments.apps": "1",
    "count/configmaps": "9",
    "count/secrets": "0",
    pods: "0",
  };
  deepStrictEqual(await faults(hard, {}), [
    "quota few of the namespace: count/leases.coordination.k8s.io is 0, 0 are used, and this makes 1 more: Lease market/shop-deploy",
    "quota few of the namespace: count/deployments.apps is 1, 0 are used, and this makes 2 more: Deployment market/shop-bill, Deployment market/shop",
  ]);
});
