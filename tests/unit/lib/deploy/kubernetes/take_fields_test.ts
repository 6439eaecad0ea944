import { deepStrictEqual } from "node:assert/strict";
import type { ClusterObject } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import type { ApplyOptions, ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { fieldsBeyond, takeFields } from "../../../../../lib/deploy/kubernetes/take_fields.ts";

const NAME = 'k:{"name":"A"}';
const DEBUG = 'k:{"name":"DEBUG"}';

function entry(manager: string, spec: object, more: object = {}) {
  const labels = { "f:metadata": { "f:labels": { "f:sync": {} } } };
  return { manager, operation: "Apply", fieldsV1: { ...labels, "f:spec": spec }, ...more };
}

/** As it is once ours was applied over theirs. */
const OBJECT: ClusterObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: "shop",
    namespace: "market",
    labels: { sync: "flux", other: "ours" },
    managedFields: [
      entry("levada", { "f:env": { [NAME]: { ".": {}, "f:value": {} } } }),
      entry("flux", { "f:replicas": {}, "f:env": { [NAME]: { ".": {}, "f:value": {} }, [DEBUG]: { ".": {} } } }),
      entry("same", { "f:env": { [NAME]: { ".": {} } } }),
      entry("autoscaler", { "f:other": {} }, { subresource: "scale" }),
      entry("kubectl-edit", { "f:other": {} }, { operation: "Update" }),
      entry("levada-scale", { "f:replicas": {} }),
    ],
  },
  spec: { replicas: 3, env: [{ name: "A", value: "1" }, { name: "DEBUG", value: "1" }] },
};

Deno.test("fieldsBeyond() are those that others have applied and the deploy has not, but the pods of an autoscaler", () => {
  deepStrictEqual(fieldsBeyond(OBJECT).map(({ other, paths }) => [other.manager, paths]), [
    ["flux", ['.spec.env[name="DEBUG"]']],
  ]);
});

Deno.test("takeFields() leaves them their labels and the number of pods", async () => {
  const applied: [ClusterObject, ApplyOptions][] = [];
  const apply = (object: ClusterObject, options: ApplyOptions) => Promise.resolve(void applied.push([object, options]));
  await takeFields({ apply } as unknown as ClusterObjects, OBJECT);
  const { apiVersion, kind } = OBJECT;
  deepStrictEqual(applied, [[
    {
      apiVersion,
      kind,
      metadata: { labels: { sync: "flux" }, name: "shop", namespace: "market" },
      spec: { replicas: 3 },
    },
    { manager: "flux", force: true },
  ]]);
});

Deno.test("takeFields() leaves an object the owner that they have given it, with which it goes", async () => {
  const applied: ClusterObject[] = [];
  const apply = (object: ClusterObject) => Promise.resolve(void applied.push(object));
  const owner = { apiVersion: "v1", kind: "ConfigMap", name: "shops", uid: "1" };
  const metadata = {
    "f:ownerReferences": {
      ".": {},
      'k:{"uid":"1"}': { ".": {}, "f:apiVersion": {}, "f:kind": {}, "f:name": {}, "f:uid": {} },
    },
  };
  const fieldsV1 = { "f:metadata": metadata, "f:spec": { "f:other": {} } };
  const theirs = { manager: "flux", operation: "Apply", fieldsV1 };
  const object = { ...OBJECT, metadata: { ...OBJECT.metadata, ownerReferences: [owner], managedFields: [theirs] } };
  await takeFields({ apply } as unknown as ClusterObjects, object);
  deepStrictEqual(applied.map(({ metadata: { ownerReferences }, spec }) => [ownerReferences, spec]), [
    [[owner], undefined],
  ]);
});
