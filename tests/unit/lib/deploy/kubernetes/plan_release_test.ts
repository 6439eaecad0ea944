import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { ClusterObject } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { notesOfOthers, obsoleteObjects, wasScaled } from "../../../../../lib/deploy/kubernetes/plan_release.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const ONE = releaseOfShop();
const TWO = releaseOfShop({ revision: "ba9876543210" });

Deno.test("obsoleteObjects() leaves the code of the way back where a deploy scales alone", () => {
  const more = releaseOfShop({ functions: [functionOf("shop", { cluster: { replicas: 3 } })] });
  const own = [...objectsOf(ONE), ...objectsOf(TWO).filter(({ kind }) => kind === "ConfigMap")];
  const record = { current: ONE, previous: TWO, deployedAt: undefined };
  deepStrictEqual(obsoleteObjects({ release: more, live: { own, wished: new Map() }, record }), []);
});

Deno.test("obsoleteObjects() are those of the deployment that no release needs, last applied first", () => {
  const child = functionOf("bill");
  const before = { ...ONE, functions: [functionOf("shop"), child] };
  const old = releaseOfShop({ revision: "aaaaaaaaaaaa" });
  const going: ClusterObject = { apiVersion: "v1", kind: "Service", metadata: { name: "x", deletionTimestamp: "now" } };
  const record = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "shop-release" } };
  const own = [...objectsOf(before), ...objectsOf(old).filter(({ kind }) => kind === "ConfigMap"), record, going];
  const live = { own, wished: new Map() };
  const obsolete = obsoleteObjects({
    release: TWO,
    live,
    record: { current: before, previous: old, deployedAt: undefined },
  });
  deepStrictEqual(obsolete.map(({ kind, metadata: { name } }) => `${kind} ${name}`), [
    "ConfigMap shop-aaaaaaaaaaaa",
    "Deployment shop-bill",
    "Service shop-bill",
    "NetworkPolicy shop-bill",
  ]);
});

Deno.test("obsoleteObjects() leaves what others have made with its labels, and says so, unless it is forced", () => {
  const by = (name: string, managers: readonly object[]): ClusterObject => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, managedFields: managers },
  });
  const handmade = by("handmade", [{ manager: "kubectl-create", operation: "Update", fieldsV1: {} }]);
  const applied = by("applied", [{ manager: "levada", operation: "Apply", fieldsV1: {} }]);
  const live = { own: [handmade, applied], wished: new Map() };
  const wish = { release: ONE, live, record: { current: ONE, previous: undefined, deployedAt: undefined } };
  deepStrictEqual(obsoleteObjects(wish), [applied]);
  deepStrictEqual(obsoleteObjects({ ...wish, force: true }), [applied, handmade]);
  deepStrictEqual(notesOfOthers(wish), [
    'Ingress market/handmade has its labels, and was written by "kubectl-create": it stays. Force removes it',
  ]);
  deepStrictEqual(notesOfOthers({ ...wish, force: true }), []);
});

Deno.test("wasScaled() goes by the autoscalers that are there, and by what is written down", () => {
  const [deployment] = objectsOf(ONE).filter(({ kind }) => kind === "Deployment") as [ClusterObject];
  const none = { live: { own: [], wished: new Map() }, record: undefined };
  strictEqual(wasScaled(deployment, none), false);
  const scaler = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", metadata: { name: "shop" } };
  strictEqual(wasScaled(deployment, { ...none, live: { own: [scaler], wished: new Map() } }), true);
  const other = { ...scaler, metadata: { name: "shop-bill" } };
  strictEqual(wasScaled(deployment, { ...none, live: { own: [other], wished: new Map() } }), false);
  const scaled = releaseOfShop({ functions: [functionOf("shop", { cluster: { replicas: { min: 1, max: 2 } } })] });
  const record = { current: scaled, previous: undefined, deployedAt: undefined };
  strictEqual(wasScaled(deployment, { ...none, record }), true);
});
