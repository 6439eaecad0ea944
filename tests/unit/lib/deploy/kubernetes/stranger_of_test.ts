import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { ClusterObject, ObjectMeta } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import { strangerOf } from "../../../../../lib/deploy/kubernetes/stranger_of.ts";

const OURS = { "app.kubernetes.io/managed-by": "levada", "app.kubernetes.io/part-of": "shop" };
const APPLIED = [{ manager: "levada", operation: "Apply", fieldsV1: { "f:spec": {} } }];

function object(metadata: Partial<ObjectMeta>, kind = "Service"): ClusterObject {
  return { apiVersion: "v1", kind, metadata: { name: "shop", ...metadata } };
}

function told(one: ClusterObject): [string, boolean] | undefined {
  const stranger = strangerOf(one, { name: "shop" });
  return stranger && [stranger.whose, stranger.isTakable];
}

Deno.test("strangerOf() takes for ours what has the target's label, and what Levadas before that label applied", () => {
  strictEqual(told(object({ labels: { ...OURS, "levada.dev/target": "kubernetes" } })), undefined);
  strictEqual(told(object({ labels: OURS, managedFields: APPLIED })), undefined);
});

Deno.test("strangerOf() names whose an object is, and whether force may have it", () => {
  const written = [{ manager: "kubectl", operation: "Update", fieldsV1: {} }];
  deepStrictEqual(told(object({ managedFields: written })), [
    'it has no label of this target, and was written by "kubectl"',
    true,
  ]);
  deepStrictEqual(told(object({})), ["it has no label of this target, and was written by others", true]);
  const labels = { ...OURS, "app.kubernetes.io/part-of": "other", "levada.dev/target": "kubernetes" };
  deepStrictEqual(told(object({ labels })), ['it is of deployment "other"', false]);
  deepStrictEqual(told(object({ labels: { ...OURS, "levada.dev/target": "nuclio" } })), [
    'it is of target "nuclio"',
    false,
  ]);
});

Deno.test("strangerOf() leaves alone what a controller has made, with our labels handed on or not, and the cluster's own", () => {
  const owner = { apiVersion: "nuclio.io/v1", kind: "NuclioFunction", name: "shop", uid: "u", controller: true };
  const labels = { ...OURS, "levada.dev/target": "kubernetes" };
  deepStrictEqual(told(object({ labels, ownerReferences: [owner] })), ["NuclioFunction shop has made it", false]);
  // Nuclio's, which has no owner there and the labels of its function
  deepStrictEqual(told(object({ labels: OURS, managedFields: [{ ...APPLIED[0]!, manager: "controller" }] })), [
    'it has no label of this target, and was written by "controller"',
    true,
  ]);
  deepStrictEqual(told(object({ name: "default" }, "ServiceAccount")), ["it is the cluster's own", false]);
  deepStrictEqual(told(object({ name: "kubernetes" })), ["it is the cluster's own", false]);
});
