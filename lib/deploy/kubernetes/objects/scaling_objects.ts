import type { ClusterObject } from "../../cluster/cluster_object.ts";
import type { Release, ReleasedFunction } from "../release.ts";
import { lagScaler } from "./lag_scaler.ts";
import { functionLabels } from "./labels.ts";
import { metadataOf, mostPods, scaleOf } from "./workload_objects.ts";

const CPU_PERCENT = 80;

/** What gives a function more pods, and keeps some of them when nodes are emptied. */
export function scalingObjects(release: Release, fn: ReleasedFunction): ClusterObject[] {
  const scale = scaleOf(fn);
  return [
    ...scale === undefined ? [] : [scale.lag === undefined ? autoscaler(release, fn) : lagScaler(release, fn)],
    ...mostPods(fn) > 1 ? [disruptionBudget(release, fn)] : [],
  ];
}

function autoscaler(release: Release, fn: ReleasedFunction): ClusterObject {
  const { min, max, cpu = CPU_PERCENT } = scaleOf(fn)!;
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: metadataOf(release, fn),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: fn.objectName },
      minReplicas: Math.max(1, min),
      maxReplicas: max,
      metrics: [{
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: cpu } },
      }],
    },
  };
}

function disruptionBudget(release: Release, fn: ReleasedFunction): ClusterObject {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: metadataOf(release, fn),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow", // one that serves nobody holds up no node
      selector: { matchLabels: functionLabels(release, fn) },
    },
  };
}
