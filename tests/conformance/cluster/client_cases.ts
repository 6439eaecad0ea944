import { deepStrictEqual } from "node:assert/strict";
import { ClusterClient } from "../../../lib/deploy/kubernetes/client/cluster_client.ts";
import { ClusterObjects } from "../../../lib/deploy/kubernetes/client/cluster_objects.ts";
import { clusterAccess } from "../../../lib/deploy/kubernetes/client/kubeconfig.ts";
import type { ClusterCase } from "./cluster_case.ts";

/** How the API server is asked. */
export const CLIENT_CASES: readonly ClusterCase[] = [{
  name: "objects are applied and read with a client certificate and with a token",
  needsNode: false,
  async run(cluster) {
    const namespace = await cluster.namespace();
    for (const kubeconfig of [cluster.kubeconfig, cluster.tokenKubeconfig]) {
      using client = new ClusterClient(await clusterAccess({ kubeconfig }));
      const objects = new ClusterObjects(client);
      const config = { apiVersion: "v1", kind: "ConfigMap" };
      await objects.apply({ ...config, metadata: { name: "one", namespace }, data: { from: kubeconfig } });
      const read = await objects.read({ ...config, namespace, name: "one" });
      deepStrictEqual(read?.data, { from: kubeconfig });
    }
  },
}];
