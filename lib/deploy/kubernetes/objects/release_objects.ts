import type { ClusterObject, ObjectKind } from "../../cluster/cluster_object.ts";
import type { Release } from "../release.ts";
import { codeObjects } from "./code_object.ts";
import { HTTP_ROUTE } from "./http_route.ts";
import { SCALED_OBJECT } from "./lag_scaler.ts";
import { labelsOf, TARGET, TARGET_LABEL } from "./labels.ts";
import { networkObjects } from "./network_objects.ts";
import { scalingObjects } from "./scaling_objects.ts";
import { workloadObjects } from "./workload_objects.ts";

/** The kinds that are made, in the order in which they are applied: who may ask comes before who is asked, and who scales after. */
export const KINDS: readonly ObjectKind[] = [
  { apiVersion: "v1", kind: "ServiceAccount" },
  { apiVersion: "v1", kind: "ConfigMap" },
  { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" },
  SCALED_OBJECT,
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
  HTTP_ROUTE,
];

/** Everything that a release is, in the order in which it is applied: within a kind who reads a stream before who publishes to it. */
export function objectsOf(release: Release): ClusterObject[] {
  const functions = release.functions.toReversed(); // a graph's order is who publishes, then who reads
  const objects = [
    ...functions.some(({ cluster }) => cluster.serviceAccount === undefined) ? [account(release)] : [],
    ...codeObjects(release),
    ...functions.flatMap((fn) => workloadObjects(release, fn)),
    ...functions.flatMap((fn) => scalingObjects(release, fn)),
    ...functions.flatMap((fn) => networkObjects(release, fn)),
  ];
  return objects.map(targeted).sort((one, other) => placeOf(one) - placeOf(other));
}

/** Where among `KINDS` an object's kind stands. */
export function placeOf({ kind }: Pick<ObjectKind, "kind">): number {
  return KINDS.findIndex((one) => one.kind === kind);
}

function targeted(object: ClusterObject): ClusterObject {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, [TARGET_LABEL]: TARGET } } };
}

function account(release: Release): ClusterObject {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: release.name, namespace: release.namespace, labels: labelsOf(release) },
    automountServiceAccountToken: false,
  };
}
