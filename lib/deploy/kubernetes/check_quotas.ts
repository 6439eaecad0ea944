import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { morePods } from "./more_pods.ts";
import { readQuantity } from "../objects/quantity.ts";
import { stagesOf } from "./release_stages.ts";
import type { Release } from "./release.ts";

/** A Deployment as it is to be, and as it is. */
export interface DeploymentChange {
  readonly wished: ClusterObject;
  readonly there: ClusterObject | undefined;
}

const QUOTA = { apiVersion: "v1", kind: "ResourceQuota" };

/**
 * What quotas of the namespace have against all the pods of a release, and against the one more that each function has while its pods are
 * replaced: a line each; none where who asks may not see them.
 */
export async function faultsOfQuotas(
  objects: ClusterObjects,
  release: Release,
  changes: readonly DeploymentChange[],
): Promise<string[]> {
  return (await wholeQuotas(objects, release.namespace)).flatMap((
    { metadata: { name }, status: { hard = {}, used = {} } = {} },
  ) =>
    Object.entries<string>(hard).flatMap(([resource, most]) => {
      const needed = mostOf(release, changes, (change, count) => count * amountOf(change.wished, resource));
      const left = readQuantity(most) - readQuantity(used[resource] ?? "0");
      if (needed === 0 || !(needed > left)) return [];
      return [
        `quota ${name} of the namespace: ${resource} is ${most}, ${used[resource] ?? 0} are used, and this takes ${
          told(needed)
        } more, with the pod that each function has more while its pods are replaced`,
      ];
    })
  );
}

/** Quotas that hold for everything of a namespace; none where who asks may not see them. */
export async function wholeQuotas(objects: ClusterObjects, namespace: string): Promise<ClusterObject[]> {
  const quotas = await objects.list({ ...QUOTA, namespace }).catch((error: unknown) => {
    if (error instanceof ClusterError && error.status === 403) return [];
    throw error;
  });
  return quotas.filter(({ spec }) => spec?.scopes === undefined && spec?.scopeSelector === undefined);
}

/** How much is needed at once: what stays of all, and what is replaced of one stage after the other. */
function mostOf(
  release: Release,
  changes: readonly DeploymentChange[],
  amount: (change: DeploymentChange, count: number) => number,
): number {
  const more = (names: readonly string[], which: "staying" | "surging") =>
    changes.filter(({ wished }) => names.includes(wished.metadata.name))
      .reduce((sum, change) => sum + amount(change, morePods(change.wished, change.there)[which]), 0);
  const stages = stagesOf(release).map((stage) => stage.map(({ objectName }) => objectName));
  return more(stages.flat(), "staying") + Math.max(0, ...stages.map((stage) => more(stage, "surging")));
}

/** How much of what a quota counts a pod takes. */
function amountOf({ spec: { template: { spec: { containers } } } }: ClusterObject, resource: string): number {
  if (resource === "pods" || resource === "count/pods") return 1;
  const [which, name] = resource.startsWith("limits.")
    ? ["limits", resource.slice("limits.".length)]
    : ["requests", resource.replace(/^requests\./, "")];
  return containers.reduce(
    (sum: number, { resources = {} }: ClusterObject) => sum + readQuantity(resources[which]?.[name] ?? "0"),
    0,
  );
}

function told(amount: number): string {
  return String(Math.round(amount * 1_000) / 1_000);
}
