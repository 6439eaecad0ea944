import { DeployError } from "../deploy_error.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import type { DeployedReleases } from "./deployed_releases.ts";
import { handOverScale } from "./hand_over_scale.ts";
import { withCode } from "./kept_code.ts";
import { keyOf, readLive } from "./live_objects.ts";
import { isScaler } from "./objects/known_kinds.ts";
import { objectsOf } from "./objects/release_objects.ts";
import { scaleOf } from "./objects/workload_objects.ts";
import { obsoleteObjects } from "./plan_release.ts";
import type { Release } from "./release.ts";
import { removalGroups, removeObjects, waitForGoing } from "./remove_objects.ts";

/** What is to stand again. */
export interface RestoreWish {
  readonly good: Release;
  /** What was written down. */
  readonly record: DeployedReleases | undefined;
  /** Is called when that stands again, and what came after it is still there: pods of it may take long to end. */
  readonly onStanding: () => Promise<void>;
}

const REMOVAL_MS = 120_000;

/**
 * The release that was ready last where a deploy after it was broken off, with its code: what stands there is a half of both, and nobody's to go
 * back to. Undefined where none was broken off, or that release cannot be had any more.
 */
export async function lastGood(
  act: string,
  objects: ClusterObjects,
  record: DeployedReleases | undefined,
): Promise<Release | undefined> {
  if (record?.doing === undefined || record.doing.what === "delete" || record.current === undefined) return undefined;
  try {
    return await withCode(act, objects, record.current);
  } catch (error) {
    if (error instanceof DeployError) return undefined;
    throw error;
  }
}

/** Has a release stand again that was ready once, whatever stands there; what it has not goes. */
export async function restoreRelease(
  act: string,
  objects: ClusterObjects,
  { good, record, onStanding }: RestoreWish,
): Promise<void> {
  const wished = objectsOf(good);
  const endsAt = performance.now() + REMOVAL_MS;
  await waitForGoing(act, objects, wished, { endsAt });
  const live = await readLive(objects, good, wished);
  const [scalers, others] = split(obsoleteObjects({ release: good, live, record }), isScaler);
  await removeObjects(act, objects, [scalers], { endsAt });
  for (const object of wished) {
    const fn = good.functions.find(({ objectName }) => objectName === object.metadata.name);
    const scale = object.kind === "Deployment" && fn !== undefined ? scaleOf(fn) : undefined;
    if (scale !== undefined) await handOverScale(objects, object, { scale, there: live.wished.get(keyOf(object)) });
    await objects.apply(object, { force: true });
  }
  await onStanding();
  await removeObjects(act, objects, removalGroups(others, good), { endsAt });
}

function split<Value>(values: readonly Value[], is: (value: Value) => boolean): [Value[], Value[]] {
  return [values.filter(is), values.filter((value) => !is(value))];
}
