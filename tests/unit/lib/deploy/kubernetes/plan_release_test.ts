import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { ClusterObject } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import {
  notesOfOthers,
  obsoleteObjects,
  recordAfter,
  wasScaled,
} from "../../../../../lib/deploy/kubernetes/plan_release.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const ONE = releaseOfShop();
const TWO = releaseOfShop({ revision: "ba9876543210" });

Deno.test("recordAfter() keeps what ran before; the same again is no other, by an earlier Levada either", () => {
  deepStrictEqual(recordAfter(undefined, ONE), { current: ONE, previous: undefined });
  deepStrictEqual(recordAfter({ current: ONE, previous: undefined }, TWO), { current: TWO, previous: ONE });
  deepStrictEqual(recordAfter({ current: TWO, previous: ONE }, TWO), { current: TWO, previous: ONE });
  const { publishes: _, ...fn } = functionOf("shop");
  const earlier = releaseOfShop({ functions: [fn] });
  const now = releaseOfShop({ code: { kind: "config", archive: "H4sI" } });
  deepStrictEqual(recordAfter({ current: earlier, previous: TWO }, now), { current: now, previous: TWO });
  deepStrictEqual(recordAfter({ current: undefined, previous: ONE }, TWO), { current: TWO, previous: ONE });
});

Deno.test("recordAfter() keeps the way back where pods alone are more or fewer, and not where the image is another", () => {
  const more = releaseOfShop({ functions: [functionOf("shop", { cluster: { replicas: 3 } })] });
  const after = recordAfter({ current: ONE, previous: TWO }, more); // else a bad revision that is scaled would be its own way back
  deepStrictEqual(after, { current: more, previous: TWO });
  deepStrictEqual(recordAfter(after, ONE), { current: ONE, previous: TWO });
  const patched = releaseOfShop({ image: "levada/runtime:0.1.1" });
  deepStrictEqual(recordAfter({ current: ONE, previous: TWO }, patched), { current: patched, previous: ONE });
});

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
