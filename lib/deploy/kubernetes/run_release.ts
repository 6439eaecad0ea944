import type { ClusterClient } from "../cluster/cluster_client.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import type { DeployProgress } from "../deploy_progress.ts";
import { beforeRollout } from "./before_rollout.ts";
import { innerUrl } from "./objects/addresses.ts";
import { applyOver, handOverScale } from "./hand_over_scale.ts";
import { keyOf } from "./live_objects.ts";
import { isScaler } from "./objects/known_kinds.ts";
import { SCALED_OBJECT } from "./objects/lag_scaler.ts";
import { objectsOf, placeOf } from "./objects/release_objects.ts";
import { scaleOf } from "./objects/workload_objects.ts";
import { type ReleaseWish, wasScaled } from "./plan_release.ts";
import { stagesOf } from "./release_stages.ts";
import type { ReleasedFunction } from "./release.ts";
import { removeObjects } from "./remove_objects.ts";
import { takeFields } from "./take_fields.ts";
import { watchRollout } from "./rollout/watch_rollout.ts";

/** Where it is done. */
export interface ReleaseCluster {
  readonly client: ClusterClient;
  readonly objects: ClusterObjects;
}

/** What is to run, and how long that may take. */
export interface RunWish extends ReleaseWish {
  readonly force: boolean;
  /** By `performance.now()`. */
  readonly endsAt: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DeployProgress) => void) | undefined;
}

const DEPLOYMENT_PLACE = placeOf({ kind: "Deployment" });

/**
 * Has a release run: first who may ask, accounts and code; then who reads a stream, and when that is ready who publishes to it; then who scales.
 * What would cut off the pods that still serve, another port, or who may ask no more, waits until the new ones are ready.
 *
 * @throws {ClusterError | DeployError} If something is refused, or does not come to be ready.
 */
export async function runRelease(act: string, cluster: ReleaseCluster, wish: RunWish): Promise<void> {
  const { release, live, endsAt, signal } = wish;
  const { objects } = cluster;
  const wished = objectsOf(release);
  const going = goingScalers(wish);
  await removeObjects(act, objects, [going], { endsAt, signal });
  const apply = async (object: ClusterObject) => {
    const now = await applyOver(objects, object, { wasScaled: wasScaled(object, wish), force: wish.force, signal });
    if (wish.force) await takeFields(objects, now);
  };
  const waiting: ClusterObject[] = [];
  for (const object of wished) {
    if (placeOf(object) < DEPLOYMENT_PLACE) {
      const now = beforeRollout(object, live.wished.get(keyOf(object)));
      if (now !== undefined) await apply(now);
      if (now !== object) waiting.push(object);
    } else if (sleepsAt0(object) && live.wished.has(keyOf(object))) await apply(awake(object));
  }
  for (const stage of stagesOf(release)) {
    for (const fn of stage) {
      const deployment = wished.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === fn.objectName)!;
      const scale = scaleOf(fn);
      const there = live.wished.get(keyOf(deployment));
      if (scale !== undefined) await handOverScale(objects, deployment, { scale, there });
      await apply(deployment);
      wish.onProgress?.({ state: "starting", function: fn.name, url: undefined });
    }
    await watchFunctions(act, cluster, { ...wish, functions: stage });
    const names = stage.map(({ objectName }) => objectName);
    for (const object of waiting) if (names.includes(object.metadata.name)) await apply(object);
  }
  for (const object of wished) if (placeOf(object) > DEPLOYMENT_PLACE) await apply(object);
  for (const { metadata: { name } } of going) { // it may have said a number once more before it went
    const deployment = wished.find((object) => object.kind === "Deployment" && object.metadata.name === name);
    if (deployment !== undefined) await apply(deployment);
  }
}

/** Waits until functions of a release are ready. */
export async function watchFunctions(
  act: string,
  { client, objects }: ReleaseCluster,
  { release, functions, endsAt, signal, onProgress }:
    & Pick<RunWish, "release" | "endsAt" | "signal" | "onProgress">
    & { readonly functions: readonly ReleasedFunction[] },
): Promise<void> {
  const urls = new Map(functions.map((fn) => [fn.name, innerUrl(release, fn)]));
  await watchRollout({
    act,
    release: { ...release, functions },
    client,
    objects,
    deadlineMs: Math.max(1, endsAt - performance.now()),
    signal,
    onChange: ({ function: name, isReady, ready, wished, reason }) =>
      onProgress?.({
        state: isReady ? "ready" : "starting",
        function: name,
        url: isReady ? urls.get(name) : undefined,
        note: `${ready} of ${wished} pods${reason === undefined ? "" : `: ${reason}`}`,
        pods: { ready, wished },
        reason,
      }),
  });
}

/** Autoscalers of what runs that are not wished any more: they go before another number is said, or they would say theirs again. */
export function goingScalers({ live, release }: Pick<RunWish, "live" | "release">): ClusterObject[] {
  const wished = new Set(objectsOf(release).map(keyOf));
  return live.own.filter((object) => isScaler(object) && !wished.has(keyOf(object)));
}

/** Whether it takes every pod away where nothing waits. */
function sleepsAt0({ kind, spec }: ClusterObject): boolean {
  return kind === SCALED_OBJECT.kind && spec.minReplicaCount === 0;
}

/** The same with a pod that stays: without any, nobody would see whether a revision runs. */
function awake(scaler: ClusterObject): ClusterObject {
  return { ...scaler, spec: { ...scaler.spec, minReplicaCount: 1 } };
}
