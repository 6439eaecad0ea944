import { deepStrictEqual } from "node:assert/strict";
import type { ClusterObject } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import { fieldsOf, managersOf } from "../../../../../lib/deploy/kubernetes/applied_fields.ts";

/** As a real API server of 1.36 keeps it, shortened. */
const DEPLOYMENT: ClusterObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: "shop",
    namespace: "market",
    uid: "u",
    labels: { own: "1", others: "2" },
    ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "shop-release", uid: "gone" }],
    managedFields: [{
      manager: "levada",
      operation: "Apply",
      fieldsV1: {
        "f:metadata": {
          "f:labels": { "f:own": {} },
          "f:ownerReferences": { 'k:{"uid":"gone"}': {} },
        },
        "f:spec": {
          "f:selector": {},
          "f:template": {
            "f:spec": {
              "f:containers": {
                'k:{"name":"function"}': {
                  ".": {},
                  "f:name": {},
                  "f:args": {},
                  "f:env": { 'k:{"name":"A"}': { ".": {}, "f:name": {}, "f:value": {} } },
                  "f:ports": { 'k:{"containerPort":8080,"protocol":"TCP"}': { ".": {}, "f:name": {} } },
                },
              },
              "f:volumes": { 'k:{"name":"tmp"}': { ".": {}, "f:emptyDir": {}, "f:name": {} } },
            },
          },
        },
      },
    }, {
      manager: "kubectl",
      operation: "Update",
      subresource: "scale",
      fieldsV1: { "f:spec": { "f:replicas": {} } },
    }, { manager: "broken" }],
  },
  spec: {
    replicas: 2,
    selector: { matchLabels: { a: "b" } },
    template: {
      spec: {
        restartPolicy: "Always",
        containers: [
          { name: "sidecar", image: "x" },
          {
            name: "function",
            image: "others",
            args: ["serve", "x"],
            env: [{ name: "Z", value: "theirs" }, { name: "A", value: "ours" }],
            ports: [{ containerPort: 8080, protocol: "TCP", name: "http" }],
          },
        ],
        volumes: [{ name: "tmp", emptyDir: {} }],
      },
    },
  },
  status: { replicas: 2 },
};

const OURS = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "shop", namespace: "market", labels: { own: "1" } },
  spec: {
    selector: { matchLabels: { a: "b" } },
    template: {
      spec: {
        containers: [{
          name: "function",
          args: ["serve", "x"],
          env: [{ name: "A", value: "ours" }],
          ports: [{ containerPort: 8080, protocol: "TCP", name: "http" }],
        }],
        volumes: [{ name: "tmp", emptyDir: {} }],
      },
    },
  },
};

Deno.test("fieldsOf() gives what one has said of an object, and no owner of then", () => {
  const [levada, kubectl, ...others] = managersOf(DEPLOYMENT);
  deepStrictEqual(others, [], "what nobody understands is left out");
  deepStrictEqual(fieldsOf(DEPLOYMENT, [levada!]), OURS);
  deepStrictEqual(fieldsOf(DEPLOYMENT, [levada!, kubectl!]), { ...OURS, spec: { replicas: 2, ...OURS.spec } });
  const { apiVersion, kind, metadata: { name, namespace } } = DEPLOYMENT;
  deepStrictEqual(fieldsOf(DEPLOYMENT, []), { apiVersion, kind, metadata: { name, namespace } });
});

Deno.test("fieldsOf() gives members of a set, fields that are gone not, and a map without its entries of others", () => {
  const object: ClusterObject = {
    apiVersion: "v1",
    kind: "Thing",
    metadata: { name: "one", managedFields: [] },
    finalizers: ["a", "b"],
    map: { theirs: "1" },
  };
  const fields = { "f:finalizers": { 'v:"b"': {} }, "f:map": { ".": {} }, "f:gone": {}, "f:deep": { "f:gone": {} } };
  const said = fieldsOf(object, [{ manager: "levada", operation: "Apply", fields }]);
  deepStrictEqual(said, { apiVersion: "v1", kind: "Thing", metadata: { name: "one" }, finalizers: ["b"], map: {} });
});
