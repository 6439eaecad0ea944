import type { ClusterObject } from "../cluster/cluster_object.ts";
import { type ClusterObjects, FIELD_MANAGER } from "../cluster/cluster_objects.ts";
import { type FieldsManager, fieldsOf, managersOf } from "./applied_fields.ts";
import { holdScale, SCALE_MANAGER } from "./hand_over_scale.ts";
import { isGoing, keyOf, type LiveObjects } from "./live_objects.ts";
import { isScaler } from "./objects/known_kinds.ts";
import { objectsOf } from "./objects/release_objects.ts";
import type { Release } from "./release.ts";
import { removalGroups, removeObjects } from "./remove_objects.ts";

/** What is to be as it was. */
export interface ReturnWish {
  /** What was to run. */
  readonly release: Release;
  /** What there was. */
  readonly live: LiveObjects;
  /** Whether fields of others were taken over. */
  readonly force: boolean;
  /** Is called when that stands again, and what the deploy made is still there: pods of it may take long to end. */
  readonly onStanding?: () => Promise<void>;
}

const REMOVAL_MS = 120_000;

/** What there was stands again, field by field as it was said; what this deploy has made goes, and nothing else. */
export async function goBack(
  act: string,
  objects: ClusterObjects,
  { release, live, force, onStanding }: ReturnWish,
): Promise<void> {
  const wished = objectsOf(release);
  const made = wished.filter((object) => !live.wished.has(keyOf(object)));
  const endsAt = performance.now() + REMOVAL_MS;
  const there = async (wanted: readonly ClusterObject[]) =>
    (await Promise.all(
      wanted.map(({ apiVersion, kind, metadata: { name } }) =>
        objects.read({ apiVersion, kind, namespace: release.namespace, name })
      ),
    )).filter((object) => object !== undefined);
  await removeObjects(act, objects, [await there(made.filter(isScaler))], { endsAt });
  for (const object of thatStood(wished, live)) {
    const { namespace } = release;
    const stood = { ...object, metadata: { ...object.metadata, namespace } };
    for (const other of force ? appliers(object) : []) { // else theirs is ours from now on, and their next word a conflict
      await objects.apply(fieldsOf(stood, [other]), { manager: other.manager, force: true });
    }
    const said = fieldsOf(stood, writersOf(object, force));
    if (object.kind === "Deployment" && !saysReplicas(object)) {
      const [now] = await there([said]);
      if (now === undefined || saysReplicas(now)) await holdScale(objects, said, object.spec.replicas ?? 1);
    } // else nobody took it from the autoscaler, which may have given more since
    await objects.apply(said, { force: true });
  }
  await onStanding?.();
  await removeObjects(act, objects, removalGroups(await there(made), release), { endsAt });
}

/** What there was of what is wished, and autoscalers that had to go first, in the order in which all is applied. */
function thatStood(wished: readonly ClusterObject[], { wished: there, own }: LiveObjects): ClusterObject[] {
  const stood = wished.flatMap((object) => there.get(keyOf(object)) ?? []);
  const gone = own.filter((object) => isScaler(object) && !isGoing(object) && !there.has(keyOf(object)));
  return [...stood, ...gone];
}

/** Whose word of what stood there is Levada's to say again: its own, and where fields of others were taken over what these had written once. */
function writersOf(object: ClusterObject, force: boolean): FieldsManager[] {
  return managersOf(object).filter((one) => {
    if (one.operation === "Apply") return one.manager === FIELD_MANAGER;
    return force && isTaken(one);
  });
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
