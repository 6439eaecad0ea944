import { deepStrictEqual } from "node:assert/strict";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { freeObjects } from "../../../../../lib/deploy/kubernetes/free_objects.ts";
import { refusal, serveObjects } from "../../../../support/kept_objects.ts";

const owner = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", name, uid: `${name}-1` });

Deno.test("freeObjects() takes the record off the owners of objects, and no other; what changes meanwhile is tried again", async () => {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  const place = { name: "shop", namespace: "market" };
  const service = (name: string, owners: readonly string[]) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "market", labels: { a: "b" }, ownerReferences: owners.map(owner) },
  });
  const wished = [service("owned", ["shop-release"]), service("both", ["shop-release", "other"]), service("free", [])];
  const own = await Promise.all(wished.map((object) => objects.apply(object)));
  server.got.length = 0;
  let busy = 2;
  server.instead = ({ method }) => method === "PATCH" && busy-- > 0 ? refusal(409) : undefined;
  await freeObjects(objects, place, own);
  const left = [...server.objects.values()].map(({ metadata: { name, labels, ownerReferences } }) => [
    name,
    labels,
    ownerReferences,
  ]);
  deepStrictEqual(left, [["owned", { a: "b" }, []], ["both", { a: "b" }, [owner("other")]], ["free", { a: "b" }, []]]);
  deepStrictEqual(server.got.filter(({ path }) => path.includes("/free")).length, 0);
});
