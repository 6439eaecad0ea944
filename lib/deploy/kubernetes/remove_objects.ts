import { setTimeout as pause } from "node:timers/promises";
import { DeployError } from "../deploy_error.ts";
import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject, ObjectName } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { isGoing, keyOf } from "./live_objects.ts";
import { labelsOf } from "./objects/labels.ts";
import { SCALED_OBJECT } from "./objects/lag_scaler.ts";
import { placeOf } from "./objects/release_objects.ts";
import { stagesOf } from "./release_stages.ts";
import type { Release } from "./release.ts";

/** How long is waited for what is removed. */
export interface RemovalWish {
  /** By `performance.now()`. */
  readonly endsAt: number;
  readonly signal?: AbortSignal | undefined;
}

const LOOK_MS = 250;
const DEPLOYMENT = "Deployment";
/** What goes when that is gone which was made of it: pods, endpoints, KEDA's autoscaler. */
const OWNING: readonly string[] = [DEPLOYMENT, "Service", SCALED_OBJECT.kind];

/**
 * Objects in the order in which they are removed, the other way than they are applied: who publishes to a stream before who reads it.
 *
 * @param release What runs; undefined where nobody knows.
 */
export function removalGroups(own: readonly ClusterObject[], release: Release | undefined): ClusterObject[][] {
  const stages = release === undefined ? [] : stagesOf(release).toReversed();
  const stageOf = ({ metadata: { name } }: ClusterObject) =>
    stages.findIndex((stage) => stage.some(({ objectName }) => objectName === name));
  const groupOf = (object: ClusterObject) =>
    object.kind === DEPLOYMENT
      ? stageOf(object)
      : placeOf(object) > placeOf({ kind: DEPLOYMENT })
      ? -Infinity
      : Infinity;
  const groups = Map.groupBy(own, groupOf);
  return [...groups.keys()].sort((one, other) => one === other ? 0 : one - other).map((group) => groups.get(group)!);
}

/**
 * Removes objects, a group after the other, each when what was before it is gone with all that it owns.
 *
 * @throws {DeployError} If the time is over, with what is still there.
 */
export async function removeObjects(
  act: string,
  objects: ClusterObjects,
  groups: readonly (readonly ClusterObject[])[],
  wish: RemovalWish,
): Promise<void> {
  for (const group of groups) {
    await Promise.all(group.map((object) => removeObject(objects, object, wish)));
    await untilGone(act, objects, group, wish);
  }
}

/**
 * Waits until none of these is there that somebody has removed already: an earlier deploy whose pods still end.
 *
 * @throws {DeployError} If the time is over, with what is still there.
 */
export async function waitForGoing(
  act: string,
  objects: ClusterObjects,
  wished: readonly ClusterObject[],
  wish: RemovalWish,
): Promise<void> {
  const there = await Promise.all(wished.map((object) => objects.read(named(object), wish.signal)));
  await untilGone(act, objects, there.filter((object) => object !== undefined).filter(isGoing), wish);
}

/**
 * Waits until the pods of a release have gone that are to end, as far as the time goes: they still answer who knows them, and publish what others
 * read.
 */
export async function untilLeft(
  objects: ClusterObjects,
  release: Release,
  { endsAt, signal }: RemovalWish,
): Promise<void> {
  const pods = { apiVersion: "v1", kind: "Pod", namespace: release.namespace, labels: labelsOf(release) };
  const names: readonly unknown[] = release.functions.map(({ name }) => name);
  const isLeaving = (pod: ClusterObject) =>
    isGoing(pod) && names.includes(pod.metadata.labels?.["app.kubernetes.io/name"]);
  while ((await objects.list(pods)).some(isLeaving)) {
    if (performance.now() > endsAt || signal?.aborted) return;
    await pause(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

/** Removes an object; one that was made anew under its name stays. */
export async function removeObject(
  objects: ClusterObjects,
  object: ClusterObject,
  { signal }: Pick<RemovalWish, "signal"> = {},
): Promise<void> {
  const propagation = OWNING.includes(object.kind) ? "Foreground" : "Background"; // an autoscaler that waits to go still scales
  const preconditions = { uid: object.metadata.uid };
  await objects.remove(named(object), { preconditions, propagation, signal }).catch((error: unknown) => {
    if (!(error instanceof ClusterError) || error.status !== 409) throw error;
  });
}

async function untilGone(
  act: string,
  objects: ClusterObjects,
  group: readonly ClusterObject[],
  { endsAt, signal }: RemovalWish,
): Promise<void> {
  for (let left = group; left.length > 0;) {
    const there = await Promise.all(left.map((object) => objects.read(named(object), signal)));
    left = left.filter((object, index) => there[index]?.metadata.uid === object.metadata.uid);
    if (left.length === 0) return;
    if (performance.now() > endsAt) {
      throw new DeployError(act, `it is being removed, and in its time ${left.map(keyOf).join(", ")} did not go`);
    }
    await pause(LOOK_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

function named({ apiVersion, kind, metadata: { name, namespace } }: ClusterObject): ObjectName {
  return { apiVersion, kind, namespace: namespace!, name };
}
