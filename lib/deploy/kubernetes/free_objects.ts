import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject, OwnerReference } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import type { ReleasePlace } from "./release.ts";
import { recordName } from "./release_record.ts";

/**
 * Has nothing go with the record any more: Levadas before 27 November 2026 had it own all that they deployed, and whoever removed it removed
 * what runs.
 *
 * @param own What is this deployment's, as it is.
 */
export async function freeObjects(
  objects: ClusterObjects,
  place: ReleasePlace,
  own: readonly ClusterObject[],
): Promise<void> {
  const isRecord = ({ kind, name }: OwnerReference) => kind === "ConfigMap" && name === recordName(place);
  const owned = own.filter(({ metadata }) => metadata.ownerReferences?.some(isRecord) === true);
  await Promise.all(owned.map(async ({ apiVersion, kind, metadata: { name } }) => {
    const named = { apiVersion, kind, namespace: place.namespace, name };
    for (let tries = 0;; tries += 1) { // it is read anew: its status alone makes another version of it
      const metadata = (await objects.read(named))?.metadata;
      if (metadata?.ownerReferences?.some(isRecord) !== true) return;
      const ownerReferences = metadata.ownerReferences.filter((owner) => !isRecord(owner));
      try {
        return await objects.patch(named, { metadata: { ownerReferences, resourceVersion: metadata.resourceVersion } });
      } catch (error) {
        if (!(error instanceof ClusterError) || error.status !== 409 || tries === MOST_TRIES) throw error;
      }
    }
  }));
}

const MOST_TRIES = 10;
