import type { ClusterObject } from "./cluster_object.ts";

/** How a pod is. */
export interface PodState {
  readonly name: string;
  readonly isReady: boolean;
  /** Whether it will not come to be ready by waiting. */
  readonly isLost: boolean;
  /** Why it is not ready, in words. */
  readonly reason: string | undefined;
  /** A container whose last words tell more. */
  readonly speaks?: { readonly container: string; readonly before: boolean };
}

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: object;
  readonly terminated?: { readonly reason?: string; readonly exitCode: number; readonly signal?: number };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const IMAGE = ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"];
const CONFIG = ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"];
const CRASHES = 2; // one may be a broker that is not there yet

/** How a pod is, and why it is not ready: in the words of its node, which come long before a rollout's deadline. */
export function podState({ metadata: { name }, status = {} }: ClusterObject): PodState {
  const conditions: readonly Condition[] = status.conditions ?? [];
  const isReady = conditions.some(({ type, status }) => type === "Ready" && status === "True");
  if (isReady) return { name, isReady, isLost: false, reason: undefined };
  const scheduled = conditions.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") {
    return {
      name,
      isReady,
      isLost: false,
      reason: `no node takes it: ${scheduled.message ?? scheduled.reason ?? "nobody says why"}`,
    };
  }
  const containers: readonly ContainerStatus[] = [
    ...status.initContainerStatuses ?? [],
    ...status.containerStatuses ?? [],
  ];
  for (const container of containers) {
    const seen = containerState(container);
    if (seen !== undefined) return { name, isReady, ...seen };
  }
  const { reason, message } = status as { reason?: string; message?: string };
  if (status.phase === "Failed") return { name, isReady, isLost: true, reason: message ?? reason ?? "it failed" };
  return {
    name,
    isReady,
    isLost: false,
    reason: containers.length === 0 ? "it is on its way to a node" : "it is not ready yet",
  };
}

function containerState(
  { name, restartCount, ready, state = {}, lastState = {} }: ContainerStatus,
): Pick<PodState, "isLost" | "reason" | "speaks"> | undefined {
  const { waiting, terminated = lastState.terminated } = state;
  if (waiting?.reason !== undefined && IMAGE.includes(waiting.reason)) {
    return { isLost: true, reason: `its image cannot be had (${waiting.reason}): ${waiting.message ?? ""}`.trimEnd() };
  }
  if (waiting?.reason !== undefined && CONFIG.includes(waiting.reason)) {
    return {
      isLost: true,
      reason: `its container cannot be made (${waiting.reason}): ${waiting.message ?? ""}`.trimEnd(),
    };
  }
  if (terminated === undefined || ready || (terminated.exitCode === 0 && state.waiting === undefined)) return undefined;
  const how = terminated.reason === "OOMKilled"
    ? "took more memory than it may"
    : terminated.signal === undefined || terminated.signal === 0
    ? `ended with ${terminated.exitCode}`
    : `was ended by signal ${terminated.signal}`;
  return {
    isLost: restartCount >= CRASHES || terminated.reason === "OOMKilled",
    reason: `it ${how}${restartCount > 0 ? `, ${restartCount + 1} times` : ""}`,
    speaks: { container: name, before: state.terminated === undefined },
  };
}
