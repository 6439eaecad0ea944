import { deepStrictEqual } from "node:assert/strict";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { removalGroups } from "../../../../../lib/deploy/kubernetes/remove_objects.ts";
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
