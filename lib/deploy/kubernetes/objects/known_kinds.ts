import type { ClusterObject, ObjectKind } from "../../cluster/cluster_object.ts";
import type { ClusterObjects } from "../../cluster/cluster_objects.ts";
import { HTTP_ROUTE } from "./http_route.ts";
import { SCALED_OBJECT } from "./lag_scaler.ts";
import { KINDS } from "./release_objects.ts";

const ADDED = [SCALED_OBJECT, HTTP_ROUTE];

/** Those of `KINDS` that a cluster has: not each has KEDA, or the Gateway API. */
export async function knownKinds(objects: ClusterObjects): Promise<readonly ObjectKind[]> {
  const there = await Promise.all(ADDED.map((kind) => objects.has(kind)));
  return KINDS.filter((kind) => there[ADDED.indexOf(kind)] ?? true);
}

/** Whether an object says how many pods others have. */
export function isScaler({ kind }: Pick<ObjectKind, "kind">): boolean {
  return kind === "HorizontalPodAutoscaler" || kind === SCALED_OBJECT.kind;
}

/** Whether it says so of the function of that name. */
export function isScalerOf(objectName: string, object: ClusterObject): boolean {
  return isScaler(object) && object.metadata.name === objectName;
}
