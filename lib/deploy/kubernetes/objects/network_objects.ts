import type { ClusterObject } from "../../cluster/cluster_object.ts";
import type { Release, ReleasedFunction } from "../release.ts";
import { httpRoute } from "./http_route.ts";
import { isOpenKafka } from "./lag_scaler.ts";
import { functionLabels } from "./labels.ts";
import { PORT } from "./pod_template.ts";
import { metadataOf, scaleOf } from "./workload_objects.ts";

/** Who may ask a function, and how the world finds it. */
export function networkObjects(release: Release, fn: ReleasedFunction): ClusterObject[] {
  return [
    policy(release, fn),
    ...fn.cluster.ingress === undefined ? [] : [ingress(release, fn)],
    ...fn.cluster.route === undefined ? [] : [httpRoute(release, fn)],
  ];
}

/** Who may ask it: pods of its namespace, unless it says more. What it asks is left to the namespace: brokers and stores lie anywhere. */
function policy(release: Release, fn: ReleasedFunction): ClusterObject {
  const { from = [] } = fn.cluster;
  const { grpcPort } = fn.settings;
  const namespaces = from === "any" || isOpen(fn) ? undefined : [...from, ...doorsOf(fn).flatMap((door) => door.from!)];
  const ports = [PORT, ...grpcPort === undefined ? [] : [grpcPort]].map((port) => ({ port, protocol: "TCP" }));
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadataOf(release, fn),
    spec: {
      podSelector: { matchLabels: functionLabels(release, fn) },
      policyTypes: ["Ingress"],
      ingress: [{
        ports,
        ...namespaces !== undefined && {
          from: [
            { podSelector: {} },
            ...[...namespaces, ...isAskedByKeda(fn) ? [KEDA] : []].map((matchLabels) => ({
              namespaceSelector: { matchLabels },
            })),
          ],
        },
      }],
    },
  };
}

/** Whether everybody may ask it since nobody says who hands requests from outside on. */
export function isOpen(fn: Pick<ReleasedFunction, "cluster">): boolean {
  return fn.cluster.from !== "any" && doorsOf(fn).some(({ from }) => from === undefined);
}

function doorsOf({ cluster: { ingress, route } }: Pick<ReleasedFunction, "cluster">) {
  return [ingress, route].filter((door) => door !== undefined);
}

const KEDA = { "kubernetes.io/metadata.name": "keda" }; // where it stands by its own instructions

function isAskedByKeda(fn: ReleasedFunction): boolean {
  return scaleOf(fn)?.lag !== undefined && !fn.streams.every(isOpenKafka);
}

function ingress(release: Release, fn: ReleasedFunction): ClusterObject {
  const { host, path = "/", className, tlsSecretName, annotations } = fn.cluster.ingress!;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { ...metadataOf(release, fn), ...annotations !== undefined && { annotations } },
    spec: {
      ...className !== undefined && { ingressClassName: className },
      ...tlsSecretName !== undefined && { tls: [{ hosts: [host], secretName: tlsSecretName }] },
      rules: [{
        host,
        http: {
          paths: [{
            path,
            pathType: "Prefix",
            backend: { service: { name: fn.objectName, port: { name: "http" } } },
          }],
        },
      }],
    },
  };
}
