import type { DeploymentStatus, FunctionStatus } from "../deployment.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { type DeployedReleases, type Doing, type Running, runsAs, wayBack } from "./deployed_releases.ts";
import { type LiveFunction, liveFunctions } from "./live_functions.ts";
import { keyOf } from "./live_objects.ts";
import { innerUrl, outerUrl } from "./objects/addresses.ts";
import { HTTP_ROUTE } from "./objects/http_route.ts";
import { labelsOf, REVISION_LABEL } from "./objects/labels.ts";
import { scaleOf } from "./objects/workload_objects.ts";
import { missingObjects } from "./missing_objects.ts";
import { recordName, unreadNotes } from "./release_record.ts";
import type { ReleasePlace } from "./release.ts";
import { podState } from "../cluster/pod_state.ts";
import { rolloutState } from "./rollout/rollout_state.ts";

/** Where these are gone nobody reaches it. */
const DOORS: readonly string[] = ["Service", "Ingress", HTTP_ROUTE.kind];

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
 * What runs is told by the objects themselves: of what was written down it says where that is another.
 *
 * @param options.record What was written down.
 */
export async function clusterStatus(
  objects: ClusterObjects,
  place: ReleasePlace,
  { record, context }: { readonly record: DeployedReleases | undefined; readonly context: string },
): Promise<ClusterStatus | undefined> {
  const where = { namespace: place.namespace, labels: labelsOf(place) };
  const { current, deployedAt = "" } = record ?? {};
  const [live, pods, missing] = await Promise.all([
    liveFunctions(objects, place),
    objects.list({ apiVersion: "v1", kind: "Pod", ...where }),
    current === undefined ? [] : missingObjects(objects, current),
  ]);
  const written = current?.functions ?? [];
  if (written.length === 0 && live.length === 0) return undefined;
  const gone = written.filter(({ objectName }) => !live.some((fn) => fn.objectName === objectName));
  const functions = [...live, ...gone].map((fn): ClusterFunctionStatus => {
    const own = pods.filter(({ metadata: { labels } }) => labels?.["app.kubernetes.io/name"] === fn.name);
    const said = written.find(({ objectName }) => objectName === fn.objectName);
    const sleeps = said === undefined || scaleOf(said)?.min === 0;
    const url = "url" in fn ? fn.url : innerUrl(current!, fn);
    const deployment = "deployment" in fn ? fn.deployment : undefined;
    return { name: fn.name, url, restarts: restartsOf(own), ...stateOf(deployment, own, { sleeps }) };
  }).sort((one, other) => Number(other.name === place.name) - Number(one.name === place.name));
  const bad = functions.find(({ state }) => state !== "ready");
  const revision = live[0] === undefined ? current!.revision : revisionOf(live[0], pods);
  const unsettled = whyUnsettled(place, record, { live, revision, missing });
  const isOthers = record?.doing === undefined && live[0] !== undefined && live[0].revision !== current?.revision; // then its doors are theirs
  const isClosed = !isOthers && missing.some(({ kind }) => DOORS.includes(kind));
  return {
    name: place.name,
    target: "kubernetes",
    context,
    namespace: place.namespace,
    state: bad?.state ?? (isClosed ? "failing" : "ready"),
    reason: bad === undefined || record?.doing?.what === "delete" ? unsettled : `function ${bad.name}: ${bad.reason}`,
    url: current !== undefined && revision === current.revision ? outerUrl(current) : functions[0]!.url,
    revision,
    previous: revisionBefore(record, live[0] ?? current),
    deployedAt,
    functions,
  };
}

/** The revision that answers: that of a Deployment, unless its pods are not ready, and others still are. */
function revisionOf({ name, revision }: LiveFunction, pods: readonly ClusterObject[]): string {
  const answering = pods.filter((pod) =>
    pod.metadata.labels?.["app.kubernetes.io/name"] === name && podState(pod).isReady
  ).flatMap(({ metadata: { labels } }) => labels?.[REVISION_LABEL] ?? []);
  return answering.includes(revision) ? revision : answering.at(-1) ?? revision;
}

/** What a rollback leads to, unless that runs already. */
function revisionBefore(record: DeployedReleases | undefined, runs: Running | undefined): string | undefined {
  const before = record?.[wayBack(record, runs)];
  return before === undefined || (runs !== undefined && runsAs(runs, before)) ? undefined : before.revision;
}

/** Why it is not as it is to stay, though all that there is is ready. */
function whyUnsettled(
  place: ReleasePlace,
  record: DeployedReleases | undefined,
  { live, revision, missing }: {
    readonly live: readonly LiveFunction[];
    readonly revision: string;
    readonly missing: readonly ClusterObject[];
  },
): string | undefined {
  const name = recordName(place);
  if (record === undefined) {
    return `nobody wrote down what is deployed, ConfigMap ${name} is gone or others have applied it: deploy it`;
  }
  const { doing, unread, current } = record;
  if (doing !== undefined) return whatIsDone(doing);
  if (unread !== undefined) return unreadNotes(place, record).join();
  const others = live.filter((fn) =>
    current === undefined || !runsAs(fn, current) || !current.functions.some((one) => one.name === fn.name)
  );
  const isOtherImage = others.some((fn) => fn.revision === current?.revision && !runsAs(fn, current));
  if (others.length > 0) {
    const told = others.map((fn) =>
      `function ${fn.name} ${
        fn.name === place.name && fn.revision !== revision ? "is to run" : "runs"
      } revision ${fn.revision}${isOtherImage ? ` by image ${fn.image}` : ""}`
    );
    return `${told.join(", ")}, and ConfigMap ${name} says ${current?.revision ?? "nothing"}${
      isOtherImage ? ` by image ${current!.image}` : ""
    }${
      current === undefined ? "" : ` of ${current.functions.map((fn) => fn.name).join(", ")}`
    }: others have changed it. Deploy what is to run`;
  }
  if (missing.length === 0) return undefined;
  return `${missing.map(keyOf).join(", ")} ${
    missing.length === 1 ? "is" : "are"
  } to be there, and gone: deploy it again`;
}

/** What is being done, or was broken off: nobody can tell these apart who does not do it. */
function whatIsDone({ what, to }: Doing): string {
  switch (what) {
    case "deploy":
      return `revision ${to} is being deployed, or its deploy was broken off: deploy again, or roll back`;
    case "rollback":
      return `it is being rolled back to revision ${to}, or that was broken off: roll back again, or deploy what is to run`;
    case "prune":
      return `revision ${to} runs, and what it has not any more is being removed, or that was broken off: deploy it again`;
    case "delete":
      return "it is being deleted, or that was broken off: delete it again, or deploy what is to run";
  }
}

function stateOf(
  deployment: ClusterObject | undefined,
  pods: readonly ClusterObject[],
  { sleeps }: { readonly sleeps: boolean },
): Pick<ClusterFunctionStatus, "state" | "serving" | "replicas" | "reason"> {
  if (deployment === undefined) {
    return { state: "stopped", serving: 0, replicas: 0, reason: "its Deployment is gone: deploy again" };
  }
  const { isDone, isServing, wished, failure } = rolloutState(deployment);
  const states = pods.map((pod) => podState(pod));
  const serving = states.filter(({ isReady }) => isReady).length;
  if (wished === 0 && !sleeps) {
    return {
      state: "stopped",
      serving,
      replicas: 0,
      reason: "somebody has scaled it to 0 pods: scale it, or deploy again",
    };
  }
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
