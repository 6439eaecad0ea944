import { DeployError } from "../deploy_error.ts";
import type { ClusterClient } from "../cluster/cluster_client.ts";
import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject, ObjectKind } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { faultsOfCounts } from "./check_counts.ts";
import { faultsOfPaused } from "./check_paused.ts";
import { type DeploymentChange, faultsOfQuotas } from "./check_quotas.ts";
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

interface Right {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}

const RECORD: ObjectKind = { apiVersion: "v1", kind: "ConfigMap" }; // also where the code is in the image
const VERBS = ["get", "list", "create", "patch", "delete"]; // what goes is made anew where a deploy goes back
const READ = [
  { group: "", resource: "pods", verbs: ["list", "watch"] },
  { group: "", resource: "pods/log", verbs: ["get"] },
  { group: "apps", resource: "replicasets", verbs: ["list", "watch"] },
  { group: "apps", resource: "deployments", verbs: ["watch"] },
  { group: "coordination.k8s.io", resource: "leases", verbs: ["get", "create", "update", "delete"] },
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
  const written = await Promise.all(kinds.map(async (kind) => ({
    group: groupOf(kind),
    resource: await objects.resourceOf(kind),
    verbs: VERBS,
  })));
  const needed = [...written, ...READ].flatMap(({ group, resource, verbs }) =>
    verbs.map((verb) => ({ group, resource, verb }))
  );
  const allowed = await Promise.all(needed.map((right) => mayDo(client, act, namespace, right)));
  const refused = needed.filter((_, index) => !allowed[index]);
  if (refused.length > 0) {
    const byResource = Map.groupBy(refused, ({ group, resource }) => group === "" ? resource : `${resource}.${group}`);
    const told = [...byResource].map(([resource, each]) => `${each.map(({ verb }) => verb).join(", ")} ${resource}`);
    const left = written.slice(needs.length).some((one) => refused.some(({ resource }) => resource === one.resource))
      ? `. What runs has ${going.map(({ kind }) => kind).join(", ")}, which would be left there`
      : "";
    throw new DeployError(
      act,
      `who asks may not, in namespace "${namespace}": ${
        told.join("; ")
      }${left}. Have somebody give these rights; nothing is changed`,
    );
  }
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

function groupOf({ apiVersion }: ObjectKind): string {
  return apiVersion.includes("/") ? apiVersion.split("/")[0]! : "";
}

async function mayDo(
  client: ClusterClient,
  act: string,
  namespace: string,
  { group, resource, verb }: Right,
): Promise<boolean> {
  const [name, subresource] = resource.split("/");
  const { status } = await client.json<{ status: { allowed: boolean } }>({
    act,
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: {
        resourceAttributes: { namespace, verb, group, resource: name, ...subresource !== undefined && { subresource } },
      },
    },
  });
  return status.allowed;
}
