import { deepStrictEqual, ok } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { functionLabels } from "../../../../../lib/deploy/kubernetes/objects/labels.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { removalGroups, removeObject, untilLeft } from "../../../../../lib/deploy/kubernetes/remove_objects.ts";
import { serveObjects } from "../../../../support/kept_objects.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const PATH = "kafka://broker/totals";
const RELEASE = releaseOfShop({
  functions: [
    functionOf("shop", { publishes: [PATH], cluster: { ingress: { host: "shop.test" } } }),
    functionOf("bill", { streams: [{ path: PATH, group: "shop-bill" }], cluster: { replicas: { min: 1, max: 2 } } }),
  ],
});

function named(groups: ReturnType<typeof removalGroups>): string[][] {
  return groups.map((group) => group.map(({ kind, metadata: { name } }) => `${kind} ${name}`).sort());
}

const FIRST = ["HorizontalPodAutoscaler shop-bill", "Ingress shop"];
const LAST = [
  "ConfigMap shop-0123456789ab",
  "NetworkPolicy shop",
  "NetworkPolicy shop-bill",
  "PodDisruptionBudget shop-bill",
  "Service shop",
  "Service shop-bill",
  "ServiceAccount shop",
];

Deno.test("removalGroups() have who publishes go before who reads, and what both stand on last", () => {
  deepStrictEqual(named(removalGroups(objectsOf(RELEASE), RELEASE)), [
    FIRST,
    ["Deployment shop"],
    ["Deployment shop-bill"],
    LAST,
  ]);
});

Deno.test("removalGroups() have Deployments go together where nobody knows who reads", () => {
  deepStrictEqual(named(removalGroups(objectsOf(RELEASE), undefined)), [
    FIRST,
    ["Deployment shop", "Deployment shop-bill"],
    LAST,
  ]);
});

Deno.test("objectsOf() are in the order in which all is applied: who may ask, who reads, who publishes, who scales", () => {
  deepStrictEqual(objectsOf(RELEASE).map(({ kind, metadata: { name } }) => `${kind} ${name}`), [
    "ServiceAccount shop",
    "ConfigMap shop-0123456789ab",
    "NetworkPolicy shop-bill",
    "NetworkPolicy shop",
    "Service shop-bill",
    "Service shop",
    "PodDisruptionBudget shop-bill",
    "Deployment shop-bill",
    "Deployment shop",
    "HorizontalPodAutoscaler shop-bill",
    "Ingress shop",
  ]);
});

Deno.test("removeObject() removes that object alone, and waits for what was made of it where something is", async () => {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  const [deployment, scaler] = ["Deployment", "HorizontalPodAutoscaler"].map((kind) =>
    objectsOf(RELEASE).find((object) => object.kind === kind)!
  );
  const made = [await objects.apply(deployment!), await objects.apply(scaler!)];
  for (const object of made) await removeObject(objects, object);
  const asked = server.got.filter(({ method }) => method === "DELETE").map(({ body }) => JSON.parse(body));
  deepStrictEqual(asked.map(({ propagationPolicy, preconditions }) => [propagationPolicy, preconditions.uid]), [
    ["Foreground", made[0]!.metadata.uid],
    ["Background", made[1]!.metadata.uid],
  ]);
  const anew = await objects.apply(scaler!);
  await removeObject(objects, made[1]!);
  deepStrictEqual([...server.objects.values()].map(({ metadata }) => metadata.uid), [anew.metadata.uid]);
});

Deno.test("untilLeft() waits for pods of the release that are to end, for no other, and no longer than it may", async () => {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  const release = releaseOfShop();
  const path = "/api/v1/namespaces/market/pods";
  const pod = (name: string, of: string, deletionTimestamp?: string) =>
    server.objects.set(`${path}/${name}`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: functionLabels(release, { name: of }), ...deletionTimestamp && { deletionTimestamp } },
    });
  pod("new", "shop");
  pod("child", "bill", "2026-11-26T12:00:00Z");
  await untilLeft(objects, release, { endsAt: performance.now() + 60_000 });

  pod("old", "shop", "2026-11-26T12:00:00Z");
  const leaving = untilLeft(objects, release, { endsAt: performance.now() + 60_000 }).then(() => "left");
  deepStrictEqual(await Promise.race([leaving, pause(400, "still there")]), "still there");
  server.objects.delete(`${path}/old`);
  deepStrictEqual(await leaving, "left");

  pod("old", "shop", "2026-11-26T12:00:00Z");
  const start = performance.now();
  await untilLeft(objects, release, { endsAt: start + 300 });
  await untilLeft(objects, release, { endsAt: start + 60_000, signal: AbortSignal.abort() });
  ok(performance.now() - start < 30_000);
});
