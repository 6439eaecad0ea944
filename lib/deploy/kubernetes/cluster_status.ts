import type { DeploymentStatus, FunctionStatus } from "../deployment.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { liveFunctions } from "./live_functions.ts";
import { innerUrl, outerUrl } from "./objects/addresses.ts";
import { labelsOf } from "./objects/labels.ts";
import { type DeployedReleases, recordName, type ReleasePlace } from "./release_record.ts";
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

/**
 * How a deployment is; undefined where nothing of it is there.
 *
 * @param options.record What was written down; where nothing is, what there is is told by the objects themselves.
 */
export async function clusterStatus(
  objects: ClusterObjects,
  place: ReleasePlace,
  { record, context }: { readonly record: DeployedReleases | undefined; readonly context: string },
): Promise<ClusterStatus | undefined> {
  const where = { namespace: place.namespace, labels: labelsOf(place) };
  const [live, pods] = await Promise.all([
    liveFunctions(objects, place),
    objects.list({ apiVersion: "v1", kind: "Pod", ...where }),
  ]);
  const { current, previous, deployedAt = "", next } = record ?? {};
  if (current === undefined && live.length === 0) return undefined;
  const names = current?.functions.map(({ name, objectName }) => ({ name, objectName })) ?? live;
  const functions = names.map(({ name, objectName }): ClusterFunctionStatus => {
    const one = live.find((fn) => fn.objectName === objectName);
    const said = current?.functions.find((fn) => fn.name === name);
    const own = pods.filter(({ metadata: { labels } }) => labels?.["app.kubernetes.io/name"] === name);
    const url = current === undefined || said === undefined ? one!.url : innerUrl(current, said);
    return { name, url, restarts: restartsOf(own), ...stateOf(one?.deployment, own) };
  });
  const bad = functions.find(({ state }) => state !== "ready");
  const pending = next === undefined
    ? undefined
    : `revision ${next} is being deployed, or its deploy was broken off: deploy again, or roll back`;
  const unknown = record !== undefined ? undefined : (
    `nobody wrote down what is deployed, ConfigMap ${recordName(place)} is gone or others have applied it: deploy it`
  );
  return {
    name: place.name,
    target: "kubernetes",
    context,
    namespace: place.namespace,
    state: bad?.state ?? "ready",
    reason: bad === undefined ? pending ?? unknown : `function ${bad.name}: ${bad.reason}`,
    url: current === undefined ? functions[0]!.url : outerUrl(current),
    revision: current?.revision ?? live[0]!.revision,
    previous: previous?.revision,
    deployedAt,
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
