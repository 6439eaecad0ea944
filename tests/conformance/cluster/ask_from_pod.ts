/** What runs in a pod: asks the pod's own cluster, and prints what it was told. */

import { ClusterClient } from "../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterObjects } from "../../../lib/deploy/cluster/cluster_objects.ts";
import { clusterAccess } from "../../../lib/deploy/cluster/kubeconfig.ts";

Deno.env.set("HOME", "/nowhere"); // a pod has no kubeconfig
Deno.env.delete("KUBECONFIG");
const access = await clusterAccess();
using client = new ClusterClient(access);
const objects = new ClusterObjects(client);
const name = { apiVersion: "v1", kind: "ConfigMap", namespace: access.namespace, name: "told" };
const read = (await objects.read(name))?.data;
const { apiVersion, kind, namespace } = name;
const refused = await objects.apply({ apiVersion, kind, metadata: { name: "mine", namespace } }).catch((error) =>
  error.message
);
console.log(JSON.stringify({ place: [access.name, access.namespace], read, refused }));
