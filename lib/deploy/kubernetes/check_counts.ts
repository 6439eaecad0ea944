import { type ClusterObject, nameOf, type ObjectName } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { readQuantity } from "../objects/quantity.ts";
import { wholeQuotas } from "./check_quotas.ts";
import { namedLease } from "./deploy_lease.ts";
import type { Release } from "./release.ts";
import { namedRecord } from "./release_record.ts";

/**
 * What quotas of the namespace have against all the objects that a deploy makes anew, its lease and its record included: each alone may fit. A line
 * each; none where who asks may not see them.
 */
export async function faultsOfCounts(
  objects: ClusterObjects,
  release: Release,
  wished: readonly ClusterObject[],
): Promise<string[]> {
  const { namespace } = release;
  const counted = (await wholeQuotas(objects, namespace)).flatMap(({ metadata: { name }, status }) =>
    Object.entries<string>(status?.hard ?? {}).map(([resource, most]) => ({
      quota: name,
      resource,
      most,
      used: status?.used?.[resource] ?? "0",
    }))
  );
  if (counted.length === 0) return [];
  const named = wished.map(({ apiVersion, kind, metadata: { name } }) => ({ apiVersion, kind, namespace, name }));
  const added = await Promise.all([...named, namedRecord(release), namedLease(release)].map(async (name) => ({
    name,
    resource: await objects.resourceOf(name),
    isNew: await objects.read(name) === undefined,
  })));
  return counted.flatMap(({ quota, resource, most, used }) => {
    const more = added.filter((one) => one.isNew && isCountedBy(resource, one));
    if (more.length === 0 || readQuantity(used) + more.length <= readQuantity(most)) return [];
    const told = more.map(({ name }) => nameOf(name)).join(", ");
    return [
      `quota ${quota} of the namespace: ${resource} is ${most}, ${used} are used, and this makes ${more.length} more: ${told}`,
    ];
  });
}

/** `count/leases.coordination.k8s.io`, `count/configmaps`, and, as the oldest kinds are counted too, `configmaps`. */
function isCountedBy(counted: string, { name, resource }: { readonly name: ObjectName; readonly resource: string }) {
  const [group, version] = name.apiVersion.split("/");
  return version === undefined
    ? counted === resource || counted === `count/${resource}`
    : counted === `count/${resource}.${group}`;
}
