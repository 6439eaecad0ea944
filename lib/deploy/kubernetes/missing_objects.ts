import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject, ObjectKind } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { isGoing, keyOf } from "./live_objects.ts";
import { labelsOf } from "./objects/labels.ts";
import { objectsOf } from "./objects/release_objects.ts";
import type { Release } from "./release.ts";
import { strangerOf } from "./stranger_of.ts";

/** What a release is and is not there, or is somebody else's; of kinds that who asks may not list nobody knows. Deployments are told elsewhere. */
export async function missingObjects(objects: ClusterObjects, release: Release): Promise<ClusterObject[]> {
  const wished = objectsOf(release).filter(({ kind }) => kind !== "Deployment");
  const kinds = [...new Map(wished.map((object) => [object.kind, object])).values()];
  const missing = await Promise.all(kinds.map(async (kind) => {
    const there = await listOwn(objects, kind, release);
    return wished.filter((one) => one.kind === kind.kind && there?.has(keyOf(one)) === false);
  }));
  return missing.flat();
}

/** The keys of those of a kind that are there to stay; undefined where who asks may not see any. */
async function listOwn(
  objects: ClusterObjects,
  { apiVersion, kind }: ObjectKind,
  release: Release,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const there = await objects.list({ apiVersion, kind, namespace: release.namespace, labels: labelsOf(release) });
    const own = there.filter((object) => !isGoing(object) && strangerOf(object, release) === undefined);
    return new Set(own.map(keyOf));
  } catch (error) {
    if (error instanceof ClusterError && error.status === 403) return undefined;
    throw error;
  }
}
