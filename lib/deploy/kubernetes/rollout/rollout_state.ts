import type { ClusterObject } from "../../cluster/cluster_object.ts";

/** How far a Deployment is on its way to what it is to be. */
export interface RolloutState {
  /** Whether it is what it is to be, and nothing of what it was is left. */
  readonly isDone: boolean;
  /** Whether as many pods as there are to be may be asked, new or old. */
  readonly isServing: boolean;
  /** Pods that are as they are to be, and may be asked. */
  readonly ready: number;
  readonly wished: number;
  /** What its controller has against it; that may pass. */
  readonly failure: string | undefined;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** How far a Deployment is. */
export function rolloutState({ metadata: { generation = 0 }, spec, status = {} }: ClusterObject): RolloutState {
  const wished: number = spec?.replicas ?? 1;
  const { observedGeneration = 0, updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  const conditions: readonly Condition[] = status.conditions ?? [];
  const isSeen = observedGeneration >= generation;
  const progressing = conditions.find(({ type }) => type === "Progressing");
  const failing = conditions.find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  const isLate = progressing?.reason === "ProgressDeadlineExceeded";
  return {
    isDone: isSeen && updatedReplicas === wished && replicas === wished && availableReplicas === wished,
    isServing: isSeen && availableReplicas >= wished,
    ready: isSeen ? Math.min(updatedReplicas, availableReplicas) : 0,
    wished,
    failure: !isSeen ? undefined : isLate ? progressing.message ?? "it makes no progress" : failing?.message,
  };
}
