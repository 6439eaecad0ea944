import type { ClusterObject, ObjectKind } from "../../cluster/cluster_object.ts";
import type { Release } from "../release.ts";
import { codeObjects } from "./code_object.ts";
import { HTTP_ROUTE } from "./http_route.ts";
import { SCALED_OBJECT } from "./lag_scaler.ts";
import { labelsOf } from "./labels.ts";
import { networkObjects } from "./network_objects.ts";
import { scalingObjects } from "./scaling_objects.ts";
import { workloadObjects } from "./workload_objects.ts";

/** The kinds that are made, in the order in which they are applied; what is of no use any more is looked for among them. */
export const KINDS: readonly ObjectKind[] = [
  { apiVersion: "v1", kind: "ServiceAccount" },
  { apiVersion: "v1", kind: "ConfigMap" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" },
  SCALED_OBJECT,
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
  { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
  HTTP_ROUTE,
];

/** Everything that a release is, in the order in which it is applied. */
export function objectsOf(release: Release): ClusterObject[] {
  const { functions } = release;
  const objects = [
    ...functions.some(({ cluster }) => cluster.serviceAccount === undefined) ? [account(release)] : [],
    ...codeObjects(release),
    ...functions.flatMap((fn) => workloadObjects(release, fn)),
    ...functions.flatMap((fn) => scalingObjects(release, fn)),
    ...functions.flatMap((fn) => networkObjects(release, fn)),
  ];
  const place = ({ kind }: ClusterObject) => KINDS.findIndex((one) => one.kind === kind);
  return objects.sort((one, other) => place(one) - place(other));
}

function account(release: Release): ClusterObject {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: release.name, namespace: release.namespace, labels: labelsOf(release) },
    automountServiceAccountToken: false,
  };
}
