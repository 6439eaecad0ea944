import { DeployError } from "../deploy_error.ts";
import type { ClusterClient } from "../cluster/cluster_client.ts";
import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject, ObjectKind } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { faultsOfCounts } from "./check_counts.ts";
import { faultsOfPaused } from "./check_paused.ts";
import { type DeploymentChange, faultsOfQuotas } from "./check_quotas.ts";
import { checkRights, groupOf, LEASE_RIGHT, mayDo, type Right, rightOf } from "./check_rights.ts";
import { morePods } from "./more_pods.ts";
import type { Release } from "./release.ts";

/** What is needed of a cluster. */
export interface Needs {
  readonly release: Release;
  /** Everything that is to be there. */
  readonly wished: readonly ClusterObject[];
  /** What runs, and may have to go: asked when the cluster and the namespace are there. Default: nothing. */
  readonly running?: () => Promise<readonly ObjectKind[]>;
}

interface Cluster {
  readonly client: ClusterClient;
  readonly objects: ClusterObjects;
}

const RECORD: ObjectKind = { apiVersion: "v1", kind: "ConfigMap" }; // also where the code is in the image
const VERBS = ["get", "list", "create", "patch", "delete"]; // what goes is made anew where a deploy goes back
const READ: readonly Right[] = [
  { group: "", resource: "pods", verbs: ["list", "watch"] },
  { group: "", resource: "pods/log", verbs: ["get"] },
  { group: "apps", resource: "replicasets", verbs: ["list", "watch"] },
  { group: "apps", resource: "deployments", verbs: ["watch"] },
  LEASE_RIGHT,
];
/** What a cluster has only where somebody has put it there. */
const ADDED: Readonly<Record<string, string>> = {
  "keda.sh":
    "KEDA, which scales by `cluster.replicas.lag`, is not installed there. Install it, or give a number of replicas",
  "gateway.networking.k8s.io":
    "the Gateway API, which `cluster.route` asks for, is not installed there. Install it, or say cluster.ingress",
};

/**
 * Looks whether a cluster is there, has the namespace and the kinds, lets who asks do what is needed, and would take a pod, before anything is
 * changed.
 *
 * @throws {DeployError | ClusterError} With everything that is missing.
 */
export async function preflight(
  act: string,
  cluster: Cluster,
  { release, wished, running }: Needs,
): Promise<void> {
  const { client, objects } = cluster;
  const { namespace } = release;
  await client.json({ act, path: "/version" });
  await checkNamespace(act, client, namespace);
  const needs = kindsOf([...wished, RECORD]);
  await checkKinds(act, cluster, needs);
  const going = kindsOf(await running?.() ?? []).filter(({ kind }) => needs.every((need) => need.kind !== kind));
  const isThere = await Promise.all(going.map((kind) => objects.has(kind)));
  const kinds = [...needs, ...going.filter((_, index) => isThere[index])];
  const written = await Promise.all(kinds.map((kind) => rightOf(objects, kind, VERBS)));
  await checkRights(act, client, {
    namespace,
    rights: mergedRights([...written, ...READ]),
    more: (missing) =>
      written.slice(needs.length).some((one) => missing.some(({ resource }) => resource === one.resource))
        ? `. What runs has ${going.map(({ kind }) => kind).join(", ")}, which would be left there`
        : "",
  });
  const deployments = wished.filter(({ kind }) => kind === "Deployment");
  const changes = await Promise.all(deployments.map(async (wished): Promise<DeploymentChange> => {
    const { apiVersion, kind, metadata: { name } } = wished;
    return { wished, there: await objects.read({ apiVersion, kind, namespace, name }) };
  }));
  const others = [...faultsOfPaused(changes), ...await faultsOfCounts(objects, release, wished)];
  if (others.length > 0) {
    throw new DeployError(act, `the cluster would not do it, nothing is changed\n  ${others.join("\n  ")}`);
  }
  const faults = [
    ...await mayDo(client, act, namespace, { group: "", resource: "pods", verb: "create" })
      ? await tryPods(client, namespace, changes)
      : [],
    ...await faultsOfQuotas(objects, release, changes),
  ];
  if (faults.length === 0) return;
  throw new DeployError(act, `the namespace takes no pod of it, nothing is changed\n  ${faults.join("\n  ")}`);
}

/** A line for each resource, as it is asked for. */
function mergedRights(rights: readonly Right[]): Right[] {
  return [...Map.groupBy(rights, ({ group, resource }) => `${resource}.${group}`).values()].map((each) => ({
    ...each[0]!,
    verbs: each.flatMap(({ verbs }) => verbs),
  }));
}

function kindsOf(objects: readonly ObjectKind[]): ObjectKind[] {
  const kinds = objects.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }] as const);
  return [...new Map(kinds).values()];
}

async function checkNamespace(act: string, client: ClusterClient, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  let there: { status?: { phase?: string } };
  try {
    there = await client.json({ act, path });
  } catch (error) {
    if (error instanceof ClusterError && error.status === 403) return; // who may not see it may still write into it
    if (!(error instanceof ClusterError) || error.status !== 404) throw error;
    throw new DeployError(
      act,
      `cluster "${client.access.name}" has no namespace "${namespace}". Make it, \`kubectl create namespace ${namespace}\`, or name ` +
        "another; or is another cluster meant?",
      { cause: error },
    );
  }
  if (there.status?.phase === "Terminating") throw new DeployError(act, `namespace "${namespace}" is being deleted`);
}

async function checkKinds(act: string, { client, objects }: Cluster, kinds: readonly ObjectKind[]): Promise<void> {
  const has = await Promise.all(kinds.map((kind) => objects.has(kind)));
  const missing = kinds.filter((_, index) => !has[index]);
  if (missing.length === 0) return;
  const named = missing.map((kind) => `${kind.kind} of ${kind.apiVersion}`).join(", ");
  const cures = missing.flatMap((kind) => ADDED[groupOf(kind)] ?? []);
  throw new DeployError(act, [`cluster "${client.access.name}" has no ${named}`, ...cures].join(": "));
}

/** Quotas, limits and policies of the namespace refuse pods, and not the Deployments that make them: they are asked before. */
async function tryPods(
  client: ClusterClient,
  namespace: string,
  changes: readonly DeploymentChange[],
): Promise<string[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?dryRun=All`;
  const refused: string[] = [];
  for (const { wished, there } of changes) {
    const { staying, isReplaced } = morePods(wished, there);
    if (staying === 0 && !isReplaced) continue;
    const { metadata: { name }, spec: { template, strategy } } = wished;
    const { serviceAccountName: _, ...pod } = template.spec; // it is not there yet
    const body = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { generateName: `${name}-`, labels: template.metadata.labels },
      spec: pod,
    };
    await client.json({ act: `run a pod of "${name}"`, method: "POST", path, body }).catch((error) => {
      if (!(error instanceof ClusterError) || error.status < 400 || error.status >= 500) throw error;
      const isInTurn = strategy?.rollingUpdate?.maxSurge === 0 && staying === 0; // its room is that of the one that goes
      if (!isInTurn || error.reason !== "Quota") refused.push(error.message);
    });
  }
  return refused;
}
