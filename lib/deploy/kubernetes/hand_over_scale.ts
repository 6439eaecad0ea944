import { ClusterError } from "./client/cluster_error.ts";
import type { ClusterObject } from "./client/cluster_object.ts";
import type { ApplyOptions, ClusterObjects } from "./client/cluster_objects.ts";
import { scaleOf } from "./objects/workload_objects.ts";
import type { Release } from "./release.ts";

/** Who holds the number of pods for an autoscaler until that says another. */
const SCALE_MANAGER = "levada-scale";
const REPLICAS = ".spec.replicas";
const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment" } as const;

/**
 * Has functions keep their pods where a release says their number no more and an autoscaler is to: a field that nobody says any more falls back to
 * its default, and there would be one pod until the autoscaler has looked.
 *
 * @param before What ran.
 */
export async function handOverScale(
  objects: ClusterObjects,
  release: Release,
  before: Release | undefined,
): Promise<void> {
  const old = new Set(before?.functions.filter((fn) => scaleOf(fn) === undefined).map(({ objectName }) => objectName));
  for (const fn of release.functions) {
    const scale = scaleOf(fn);
    if (scale === undefined || !old.has(fn.objectName)) continue;
    const place = { namespace: release.namespace, name: fn.objectName };
    const there = await objects.read({ ...DEPLOYMENT, ...place });
    if (there === undefined) continue;
    const replicas = Math.min(scale.max, Math.max(scale.min, there.spec.replicas ?? 1));
    await objects.apply({ ...DEPLOYMENT, metadata: place, spec: { replicas } }, {
      manager: SCALE_MANAGER,
      force: true,
    });
  }
}

/**
 * `objects.apply`, which takes the number of pods back from an autoscaler that goes with what ran: nobody else's word is taken over.
 *
 * @param before What ran.
 */
export async function applyOver(
  objects: ClusterObjects,
  object: ClusterObject,
  { before, ...options }: ApplyOptions & { readonly before: Release | undefined },
): Promise<ClusterObject> {
  try {
    return await objects.apply(object, options);
  } catch (error) {
    const { kind, metadata: { name } } = object;
    const wasScaled = kind === DEPLOYMENT.kind &&
      before?.functions.some((fn) => fn.objectName === name && scaleOf(fn) !== undefined) === true;
    const isOfScale = error instanceof ClusterError && error.status === 409 && error.causes.length > 0 &&
      error.causes.every(({ field }) => field === REPLICAS);
    if (!wasScaled || !isOfScale) throw error;
    return await objects.apply(object, { ...options, force: true });
  }
}
