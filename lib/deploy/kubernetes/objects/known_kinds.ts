import type { ObjectKind } from "../../cluster/cluster_object.ts";
import type { ClusterObjects } from "../../cluster/cluster_objects.ts";
import { SCALED_OBJECT } from "./lag_scaler.ts";
import { KINDS } from "./release_objects.ts";

/** Those of `KINDS` that a cluster has: not each has KEDA. */
export async function knownKinds(objects: ClusterObjects): Promise<readonly ObjectKind[]> {
  return await objects.has(SCALED_OBJECT) ? KINDS : KINDS.filter((kind) => kind !== SCALED_OBJECT);
}
