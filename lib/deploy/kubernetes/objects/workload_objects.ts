import type { ClusterObject } from "../../cluster/cluster_object.ts";
import type { Scale } from "../../settings/cluster_settings.ts";
import { type Release, type ReleasedFunction, START_SECONDS } from "../release.ts";
import { functionLabels } from "./labels.ts";
import { podTemplate } from "./pod_template.ts";

const HISTORY = 1; // the code of what ran before is kept, and of no other

/** The pods of a function, and how they are asked. */
export function workloadObjects(release: Release, fn: ReleasedFunction): ClusterObject[] {
  return [service(release, fn), workload(release, fn)];
}

function workload(release: Release, fn: ReleasedFunction): ClusterObject {
  const { replicas = 1, rollout = "new-first" } = fn.cluster;
  const [maxUnavailable, maxSurge] = rollout === "new-first" ? [0, 1] : [1, 0];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadataOf(release, fn),
    spec: {
      ...typeof replicas === "number" && { replicas }, // else it is the autoscaler's
      revisionHistoryLimit: HISTORY,
      progressDeadlineSeconds: release.startSeconds ?? START_SECONDS,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable, maxSurge } },
      selector: { matchLabels: functionLabels(release, fn) },
      template: podTemplate(release, fn),
    },
  };
}

function service(release: Release, fn: ReleasedFunction): ClusterObject {
  const { grpcPort, tls } = fn.settings;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadataOf(release, fn),
    spec: {
      type: "ClusterIP",
      selector: functionLabels(release, fn),
      ports: [
        { name: "http", port: tls === undefined ? 80 : 443, targetPort: "http", protocol: "TCP" },
        ...grpcPort === undefined ? [] : [{ name: "grpc", port: grpcPort, targetPort: "grpc", protocol: "TCP" }],
      ],
    },
  };
}

/** The name and the labels of an object of a function. */
export function metadataOf(release: Release, fn: ReleasedFunction): ClusterObject["metadata"] {
  return { name: fn.objectName, namespace: release.namespace, labels: functionLabels(release, fn) };
}

/** How many pods a function has at most. */
export function mostPods({ cluster: { replicas = 1 } }: Pick<ReleasedFunction, "cluster">): number {
  return typeof replicas === "number" ? replicas : replicas.max;
}

/** How many pods a function has at least. */
export function leastPods({ cluster: { replicas = 1 } }: Pick<ReleasedFunction, "cluster">): number {
  return typeof replicas === "number" ? replicas : replicas.min;
}

/** Between how many; undefined where that is one number. */
export function scaleOf({ cluster: { replicas } }: Pick<ReleasedFunction, "cluster">): Scale | undefined {
  return typeof replicas === "object" ? replicas : undefined;
}
