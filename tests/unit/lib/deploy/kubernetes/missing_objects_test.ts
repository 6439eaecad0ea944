import { deepStrictEqual } from "node:assert/strict";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { keyOf } from "../../../../../lib/deploy/kubernetes/live_objects.ts";
import { missingObjects } from "../../../../../lib/deploy/kubernetes/missing_objects.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { refusal, serveObjects } from "../../../../support/kept_objects.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

Deno.test("missingObjects() are those that are gone, going or another's; of what nobody may list nothing is told", async () => {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  const release = releaseOfShop({ functions: [functionOf("shop", { cluster: { ingress: { host: "shop.test" } } })] });
  for (const object of objectsOf(release)) await objects.apply(object);
  const missing = async () => (await missingObjects(objects, release)).map(keyOf);
  deepStrictEqual(await missing(), []);
  for (const [path, { kind, ...object }] of [...server.objects]) {
    const { metadata } = object;
    if (kind === "Service") server.objects.set(path, { ...object, kind, metadata: { ...metadata, labels: {} } });
    if (kind === "Ingress") {
      server.objects.set(path, {
        ...object,
        kind,
        metadata: { ...metadata, deletionTimestamp: "2026-11-26T21:00:00Z" },
      });
    }
    if (kind === "NetworkPolicy" || kind === "Deployment") server.objects.delete(path);
  }
  deepStrictEqual(await missing(), ["NetworkPolicy shop", "Service shop", "Ingress shop"]);
  server.instead = ({ path }) => path.includes("/networkpolicies") ? refusal(403) : undefined;
  deepStrictEqual(await missing(), ["Service shop", "Ingress shop"]);
});
