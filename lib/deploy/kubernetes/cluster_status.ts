import type { DeploymentStatus, FunctionStatus } from "../deployment.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { innerUrl, outerUrl } from "./objects/addresses.ts";
import { labelsOf } from "./objects/labels.ts";
import type { Release } from "./release.ts";
import type { ReleaseRecord } from "./release_record.ts";
import { podState } from "../cluster/pod_state.ts";
import { rolloutState } from "./rollout/rollout_state.ts";

/** How one function is in a cluster. */
export interface ClusterFunctionStatus extends FunctionStatus {
  /** Where it answers within the cluster. */
  readonly url: string;
  /** How many pods there are to be. */
  readonly replicas: number;
}

/** How a deployment is in a cluster. */
export interface ClusterStatus extends DeploymentStatus {
  /** Where it runs: in a cluster. */
  readonly target: "kubernetes";
  /** The cluster, as the kubeconfig calls it. */
  readonly context: string;
  /** Where in it. */
  readonly namespace: string;
  /** Where it answers: for the world where it has an ingress, else within the cluster. */
  readonly url: string;
  /** The first answers callers. */
  readonly functions: readonly ClusterFunctionStatus[];
}

/** How a deployment is. */
export async function clusterStatus(
  objects: ClusterObjects,
  { current, previous, deployedAt, next }: ReleaseRecord & { readonly current: Release },
  { context }: { readonly context: string },
): Promise<ClusterStatus> {
  const where = { namespace: current.namespace, labels: labelsOf(current) };
  const [deployments, pods] = await Promise.all([
    objects.list({ apiVersion: "apps/v1", kind: "Deployment", ...where }),
    objects.list({ apiVersion: "v1", kind: "Pod", ...where }),
  ]);
  const functions = current.functions.map((fn): ClusterFunctionStatus => {
    const deployment = deployments.find(({ metadata: { name } }) => name === fn.objectName);
    const own = pods.filter(({ metadata: { labels } }) => labels?.["app.kubernetes.io/name"] === fn.name);
    return { name: fn.name, url: innerUrl(current, fn), restarts: restartsOf(own), ...stateOf(deployment, own) };
  });
  const bad = functions.find(({ state }) => state !== "ready");
  const pending = next === undefined
    ? undefined
    : `revision ${next} is being deployed, or its deploy was broken off: deploy again, or roll back`;
  return {
    name: current.name,
    target: "kubernetes",
    context,
    namespace: current.namespace,
    state: bad?.state ?? "ready",
    reason: bad === undefined ? pending : `function ${bad.name}: ${bad.reason}`,
    url: outerUrl(current),
    revision: current.revision,
    previous: previous?.revision,
    deployedAt: deployedAt ?? "",
    functions,
  };
}

function stateOf(
  deployment: ClusterObject | undefined,
  pods: readonly ClusterObject[],
): Pick<ClusterFunctionStatus, "state" | "serving" | "replicas" | "reason"> {
  if (deployment === undefined) {
    return { state: "stopped", serving: 0, replicas: 0, reason: "its Deployment is gone: deploy again" };
  }
  const { isDone, isServing, wished, failure } = rolloutState(deployment);
  const states = pods.map((pod) => podState(pod));
  const serving = states.filter(({ isReady }) => isReady).length;
  if (isDone || isServing) return { state: "ready", serving, replicas: wished, reason: undefined };
  const living = states.filter(({ trouble }) => trouble?.kind !== "failed"); // the others lie about, their set has made new ones
  const reasons = [
    ...new Set(
      (living.length > 0 ? living : states).map(({ reason }) => reason).filter((reason) => reason !== undefined),
    ),
  ];
  const told = [`${serving} of ${wished} pods serve`, failure, ...reasons].filter((one) => one !== undefined);
  return { state: "failing", serving, replicas: wished, reason: told.join("; ") };
}

function restartsOf(pods: readonly ClusterObject[]): number {
  return pods.flatMap(({ status }) => status?.containerStatuses ?? [])
    .reduce((sum: number, { restartCount = 0 }: { restartCount?: number }) => sum + restartCount, 0);
}
