import { deepStrictEqual } from "node:assert/strict";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import type { ClusterObject } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { faultsOfQuotas } from "../../../../../lib/deploy/kubernetes/check_quotas.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import type { Release } from "../../../../../lib/deploy/kubernetes/release.ts";
import { refusal, serveObjects } from "../../../../support/kept_objects.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

function deploymentOf(release: Release): ClusterObject {
  return objectsOf(release).find(({ kind }) => kind === "Deployment")!;
}

function shop(replicas: number, revision = "0123456789ab"): Release {
  const fn = functionOf("shop", { cluster: { replicas }, resources: { cpu: 0.5, memory: "1Gi" } });
  return releaseOfShop({ revision, functions: [fn] });
}

/** What is said of a namespace with such a quota. */
async function faults(
  { hard, used, ...spec }: { hard: object; used: object; scopes?: string[] },
  release: Release,
  there?: Release,
): Promise<string[]> {
  await using server = serveObjects();
  const path = "/api/v1/namespaces/market/resourcequotas/few";
  server.objects.set(path, {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "few" },
    spec,
    status: { hard, used },
  });
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const change = { wished: deploymentOf(release), there: there && deploymentOf(there) };
  return await faultsOfQuotas(new ClusterObjects(client), release, [change]);
}

const TOLD = "more, with the pod that each function has more while its pods are replaced";

Deno.test("faultsOfQuotas() counts all pods, and the one more while they are replaced", async () => {
  const quota = (used: number) => ({ hard: { pods: "3" }, used: { pods: String(used) } });
  deepStrictEqual(await faults(quota(0), shop(3)), []);
  deepStrictEqual(await faults(quota(1), shop(3)), [
    `quota few of the namespace: pods is 3, 1 are used, and this takes 3 ${TOLD}`,
  ]);
  deepStrictEqual(await faults(quota(3), shop(3), shop(3)), [], "the same again takes none");
  deepStrictEqual(await faults(quota(3), shop(3, "ba9876543210"), shop(3)), [
    `quota few of the namespace: pods is 3, 3 are used, and this takes 1 ${TOLD}`,
  ]);
  deepStrictEqual(await faults(quota(1), shop(3), shop(1)), [], "pods that stay are not replaced");
  deepStrictEqual((await faults(quota(1), shop(3, "ba9876543210"), shop(1))).length, 1);
});

Deno.test("faultsOfQuotas() counts what pods ask for, and leaves out what it cannot count", async () => {
  const hard = { "requests.cpu": "1", memory: "8Gi", "limits.memory": "2Gi", "count/secrets": "0", odd: "x" };
  deepStrictEqual(await faults({ hard, used: { "requests.cpu": "250m" } }, shop(3)), [
    `quota few of the namespace: requests.cpu is 1, 250m are used, and this takes 1.5 ${TOLD}`,
    `quota few of the namespace: limits.memory is 2Gi, 0 are used, and this takes ${3 * 2 ** 30} ${TOLD}`,
  ]);
  deepStrictEqual(await faults({ hard: { pods: "0" }, used: {}, scopes: ["BestEffort"] }, shop(1)), []);
});

Deno.test("faultsOfQuotas() says nothing where who asks may not see them", async () => {
  await using server = serveObjects();
  server.instead = ({ path }) => path.endsWith("/resourcequotas?") ? refusal(403) : undefined;
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  deepStrictEqual(await faultsOfQuotas(new ClusterObjects(client), shop(1), []), []);
});
