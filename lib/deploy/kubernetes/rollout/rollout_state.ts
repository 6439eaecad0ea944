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
  /** What is said where somebody has paused it, and what it is to be is not begun. */
  readonly paused?: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** How far a Deployment is. */
export function rolloutState(deployment: ClusterObject): RolloutState {
  const { metadata: { generation = 0 }, spec, status = {} } = deployment;
  const wished: number = spec?.replicas ?? 1;
  const { observedGeneration = 0, updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  const conditions: readonly Condition[] = status.conditions ?? [];
  const isSeen = observedGeneration >= generation;
  const progressing = conditions.find(({ type }) => type === "Progressing");
  const failing = conditions.find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  const isLate = progressing?.reason === "ProgressDeadlineExceeded";
  const paused = isSeen && spec?.paused === true && wished > 0 && updatedReplicas === 0
    ? pausedText(deployment)
    : undefined;
  return {
    ...paused !== undefined && { paused },
    isDone: isSeen && updatedReplicas === wished && replicas === wished && availableReplicas === wished,
    isServing: isSeen && availableReplicas >= wished,
    ready: isSeen ? Math.min(updatedReplicas, availableReplicas) : 0,
    wished,
    failure: paused !== undefined
      ? paused
      : !isSeen
      ? undefined
      : isLate
      ? progressing.message ?? "it makes no progress"
      : failing?.message,
  };
}

/** Why a Deployment that somebody has paused makes no new pods, and what lets it. */
export function pausedText({ metadata: { name, namespace } }: ClusterObject): string {
  const where = namespace === undefined ? "" : ` -n ${namespace}`;
  return `somebody has paused it, and it makes no new pods until \`kubectl rollout resume deployment/${name}${where}\``;
}
