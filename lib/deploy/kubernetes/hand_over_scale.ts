import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import type { ApplyOptions, ClusterObjects } from "../cluster/cluster_objects.ts";
import { scaleOf } from "./objects/workload_objects.ts";
import type { Release } from "./release.ts";

/** Who holds the number of pods for an autoscaler until that says another. */
const SCALE_MANAGER = "levada-scale";
const REPLICAS = ".spec.replicas";
const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment" } as const;

/**
 * Has a function that an autoscaler is to give its pods begin with as many as it has, or as it is to have at least: a field that nobody says any
 * more falls back to its default, and there would be one pod until the autoscaler has looked.
 *
 * @param object Its Deployment; others are left alone.
 * @param before What ran.
 */
export async function handOverScale(
  objects: ClusterObjects,
  object: ClusterObject,
  { release, before }: { readonly release: Release; readonly before: Release | undefined },
): Promise<void> {
  const { kind, metadata: { name, namespace } } = object;
  const of = (release: Release | undefined) => release?.functions.find(({ objectName }) => objectName === name);
  const fn = of(release);
  const scale = fn && scaleOf(fn);
  if (kind !== DEPLOYMENT.kind || scale === undefined) return;
  const there = await objects.read({ ...DEPLOYMENT, namespace: namespace!, name });
  const old = of(before);
  if (there !== undefined && old !== undefined && scaleOf(old) !== undefined) return; // it is the autoscaler's already
  const replicas = Math.min(scale.max, Math.max(1, scale.min, there?.spec.replicas ?? 1));
  if (there === undefined) await objects.apply({ ...object, spec: { ...object.spec, replicas } });
  const held = { ...DEPLOYMENT, metadata: { name, namespace: namespace! }, spec: { replicas } };
  await objects.apply(held, { manager: SCALE_MANAGER, force: true });
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
