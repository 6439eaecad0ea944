import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import { type ApplyOptions, type ClusterObjects, FIELD_MANAGER } from "../cluster/cluster_objects.ts";
import { managersOf } from "./applied_fields.ts";
import type { Scale } from "../settings/cluster_settings.ts";

/** Who holds the number of pods for an autoscaler until that says another. */
export const SCALE_MANAGER = "levada-scale";
const REPLICAS = ".spec.replicas";

/**
 * Has a function that an autoscaler is to give its pods begin with as many as it has, or as it is to have at least: a field that nobody says any
 * more falls back to its default, and there would be one pod until the autoscaler has looked. One pod there is in any case: without any, nobody
 * would see whether a revision runs.
 *
 * @param deployment Its Deployment as it is to be.
 * @param there As it is; undefined where there is none.
 */
export async function handOverScale(
  objects: ClusterObjects,
  deployment: ClusterObject,
  { scale, there }: { readonly scale: Scale; readonly there: ClusterObject | undefined },
): Promise<void> {
  const now: number = there?.spec.replicas ?? 1;
  if (there !== undefined && now > 0 && !saysReplicas(there)) return; // it is the autoscaler's already
  const replicas = Math.min(scale.max, Math.max(1, scale.min, now));
  if (there === undefined) await objects.apply({ ...deployment, spec: { ...deployment.spec, replicas } });
  await holdScale(objects, deployment, replicas);
}

/** Has so many pods stay where nobody else says a number. */
export async function holdScale(
  objects: ClusterObjects,
  { apiVersion, kind, metadata: { name, namespace } }: ClusterObject,
  replicas: number,
): Promise<void> {
  const held = { apiVersion, kind, metadata: { name, namespace: namespace! }, spec: { replicas } };
  await objects.apply(held, { manager: SCALE_MANAGER, force: true });
}

/**
 * `objects.apply`, which takes the number of pods back from an autoscaler that goes with what ran: nobody else's word is taken over.
 *
 * @param options.wasScaled Whether what ran has such a one.
 */
export async function applyOver(
  objects: ClusterObjects,
  object: ClusterObject,
  { wasScaled, ...options }: ApplyOptions & { readonly wasScaled: boolean },
): Promise<ClusterObject> {
  try {
    return await objects.apply(object, options);
  } catch (error) {
    const isOfScale = error instanceof ClusterError && error.status === 409 && error.causes.length > 0 &&
      error.causes.every(({ field, manager }) => field === REPLICAS && (wasScaled || manager === SCALE_MANAGER));
    if (!isOfScale) throw error;
    return await objects.apply(object, { ...options, force: true });
  }
}

function saysReplicas(deployment: ClusterObject): boolean {
  return managersOf(deployment).some(({ manager, operation, fields }) =>
    manager === FIELD_MANAGER && operation === "Apply" && fields["f:spec"]?.["f:replicas"] !== undefined
  );
}
