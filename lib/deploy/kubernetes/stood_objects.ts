import type { ClusterObject } from "../cluster/cluster_object.ts";
import { type ClusterObjects, FIELD_MANAGER } from "../cluster/cluster_objects.ts";
import { type FieldsManager, fieldsOf, managersOf } from "./applied_fields.ts";
import { holdScale, SCALE_MANAGER } from "./hand_over_scale.ts";
import { isGoing, keyOf, type LiveObjects } from "./live_objects.ts";
import { isScaler } from "./objects/known_kinds.ts";
import { objectsOf } from "./objects/release_objects.ts";
import type { Release } from "./release.ts";

/** What there was stands again, field by field as it was said. */
export async function applyStood(
  objects: ClusterObjects,
  { release, live, force }: {
    /** What was to run. */
    readonly release: Release;
    /** What there was. */
    readonly live: LiveObjects;
    /** Whether fields of others were taken over. */
    readonly force: boolean;
  },
  now: LiveObjects,
): Promise<void> {
  const { namespace } = release;
  for (const object of thatStood(objectsOf(release), live)) {
    const stood = { ...object, metadata: { ...object.metadata, namespace } };
    for (const other of force ? appliers(object) : []) { // else theirs is ours from now on, and their next word a conflict
      await objects.apply(fieldsOf(stood, [other]), { manager: other.manager, force: true });
    }
    const said = fieldsOf(stood, writersOf(object, force));
    if (isTakenFromScaler(object, now.wished.get(keyOf(object)))) {
      await holdScale(objects, said, object.spec.replicas ?? 1);
    }
    await objects.apply(said, { force: true });
  }
}

/** Whether an autoscaler's number of pods is not its own any more; what it gave since stays where nobody took that. */
function isTakenFromScaler(stood: ClusterObject, now: ClusterObject | undefined): boolean {
  if (stood.kind !== "Deployment" || saysReplicas(stood)) return false;
  return now === undefined || saysReplicas(now) || (isHeld(now) && now.spec.replicas !== stood.spec.replicas);
}

/** Whether the number that a deploy has said for an autoscaler holds still: one pod where there was none. */
function isHeld(object: ClusterObject): boolean {
  return managersOf(object).some(({ manager, fields }) =>
    manager === SCALE_MANAGER && fields["f:spec"]?.["f:replicas"] !== undefined
  );
}

/** What there was of what is wished, and autoscalers that had to go first, in the order in which all is applied. */
function thatStood(wished: readonly ClusterObject[], { wished: there, own }: LiveObjects): ClusterObject[] {
  const stood = wished.flatMap((object) => there.get(keyOf(object)) ?? []);
  const gone = own.filter((object) => isScaler(object) && !isGoing(object) && !there.has(keyOf(object)));
  return [...stood, ...gone];
}

/**
 * Whose word of what stood there is Levada's to say again: its own, and where fields of others were taken over what these had written once, but a
 * number of pods that nobody holds to.
 */
function writersOf(object: ClusterObject, force: boolean): FieldsManager[] {
  return managersOf(object).flatMap((one) => {
    if (one.operation === "Apply") return one.manager === FIELD_MANAGER ? [one] : [];
    if (!force || !isTaken(one)) return [];
    return saysReplicas(object) ? [one] : withoutReplicas(one);
  });
}

/** What else somebody has written; nothing where that is all. */
function withoutReplicas(one: FieldsManager): FieldsManager[] {
  const { "f:spec": spec, ...rest } = one.fields;
  if (spec?.["f:replicas"] === undefined) return [one];
  const { "f:replicas": _, ...others } = spec;
  const fields = Object.keys(others).length === 0 ? rest : { ...rest, "f:spec": others }; // an empty one would be all of it
  return Object.keys(fields).length === 0 ? [] : [{ ...one, fields }];
}

/** Others whose word holds until they take it back, such as who syncs from a repository. */
function appliers(object: ClusterObject): FieldsManager[] {
  return managersOf(object).filter((one) =>
    one.operation === "Apply" && one.manager !== FIELD_MANAGER && one.manager !== SCALE_MANAGER && isTaken(one)
  );
}

/** Whether somebody's word says how many pods there are; else that is an autoscaler's. */
function saysReplicas(object: ClusterObject): boolean {
  return managersOf(object).some(({ manager, operation, fields }) =>
    manager !== SCALE_MANAGER && operation === "Apply" && fields["f:spec"]?.["f:replicas"] !== undefined
  );
}

/** Whether a deploy that is forced takes it over. */
function isTaken({ manager, subresource }: FieldsManager): boolean {
  return subresource !== "status" && !manager.startsWith("kube-");
}
