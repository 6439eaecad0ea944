import { DeployError } from "../deploy_error.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { type DeployedReleases, isSame, runsAs } from "./deployed_releases.ts";
import { handOverScale } from "./hand_over_scale.ts";
import { withCode } from "./kept_code.ts";
import { runningOf } from "./live_functions.ts";
import { keyOf, type LiveObjects, readLive } from "./live_objects.ts";
import { isScaler } from "./objects/known_kinds.ts";
import { objectsOf } from "./objects/release_objects.ts";
import { scaleOf } from "./objects/workload_objects.ts";
import { obsoleteObjects } from "./plan_release.ts";
import type { Release } from "./release.ts";
import { namedRecord, writeRecord } from "./release_record.ts";
import { removalGroups, removeObjects, waitForGoing } from "./remove_objects.ts";
import { rolloutState } from "./rollout/rollout_state.ts";
import { applyStood } from "./stood_objects.ts";

/** What is to stand again. */
export interface ReturnWish {
  /** What was to run. */
  readonly release: Release;
  /** What there was. */
  readonly live: LiveObjects;
  /** Whether fields of others were taken over. */
  readonly force: boolean;
  /** What was written down. */
  readonly record: DeployedReleases | undefined;
  /** What was ready last, where what there was is nobody's to go back to. */
  readonly good: Release | undefined;
}

const REMOVAL_MS = 120_000;

/**
 * What ran stands again, what this deploy has made goes, and what was written down is so again: field by field as it was said, or where what there
 * was is the half of a deploy before that was broken off, the release that was ready last.
 */
export async function putBack(act: string, objects: ClusterObjects, wish: ReturnWish): Promise<void> {
  const { release, record, good } = wish;
  const endsAt = performance.now() + REMOVAL_MS;
  if (good !== undefined) await waitForGoing(act, objects, objectsOf(good), { endsAt });
  const now = await readLive(objects, release, objectsOf(good ?? release));
  const obsolete = good === undefined ? madeOf(wish, now) : obsoleteObjects({ release: good, live: now, record });
  const scalers = obsolete.filter(isScaler);
  await removeObjects(act, objects, [scalers], { endsAt }); // before another number is said
  if (good === undefined) await applyStood(objects, wish, now);
  else await applyReleased(objects, good, now);
  const others = obsolete.filter((object) => !scalers.includes(object));
  const after = recordOf(wish);
  const doing = after?.doing ?? { what: "prune", to: after?.current?.revision, backTo: "previous" };
  if (after !== undefined && others.length > 0) await writeRecord(objects, release, { ...after, doing });
  await removeObjects(act, objects, removalGroups(others, good ?? release), { endsAt }); // its pods may take long to end
  if (after !== undefined) await writeRecord(objects, release, after);
  else await objects.remove(namedRecord(release), { propagation: "Background" });
}

/**
 * The release that was ready last where something after it was broken off, with its code: where that was a rollback, and what it leads to answers
 * already, that. Undefined where there is none, or that release cannot be had any more; or where what was broken off is a delete: nobody wants that
 * release.
 *
 * @param live What there is.
 */
export async function lastGood(
  act: string,
  objects: ClusterObjects,
  record: DeployedReleases | undefined,
  live: LiveObjects,
): Promise<Release | undefined> {
  const { doing, current, previous } = record ?? {};
  if (doing === undefined || doing.what === "delete") return undefined;
  const isLed = leadsAway(doing) && previous !== undefined && answers(previous, live);
  const good = isLed ? previous : current;
  if (good === undefined) return undefined;
  try {
    return await withCode(act, objects, good);
  } catch (error) {
    if (error instanceof DeployError) return undefined;
    throw error;
  }
}

/** What this deploy has made, as it is. */
function madeOf({ release, live }: ReturnWish, now: LiveObjects): ClusterObject[] {
  return objectsOf(release).map(keyOf).filter((key) => !live.wished.has(key)).flatMap((key) =>
    now.wished.get(key) ?? []
  );
}

/** Has a release stand again that was ready once, whatever stands there. */
async function applyReleased(objects: ClusterObjects, good: Release, now: LiveObjects): Promise<void> {
  for (const object of objectsOf(good)) {
    const fn = good.functions.find(({ objectName }) => objectName === object.metadata.name);
    const scale = object.kind === "Deployment" && fn !== undefined ? scaleOf(fn) : undefined;
    if (scale !== undefined) await handOverScale(objects, object, { scale, there: now.wished.get(keyOf(object)) });
    await objects.apply(object, { force: true });
  }
}

/** What is written down then; undefined where there was nothing to be read. */
function recordOf({ record, good }: ReturnWish): DeployedReleases | undefined {
  if (record === undefined || (record.unread !== undefined && record.current === undefined)) return undefined;
  const { doing, previous } = record;
  const isLed = leadsAway(doing) && good !== undefined && previous !== undefined && isSame(good, previous); // it goes on when it is asked for again
  return good === undefined || isLed ? record : { ...record, doing: undefined };
}

/** Whether it is a rollback from what was ready last. */
function leadsAway(doing: DeployedReleases["doing"]): boolean {
  return doing?.what === "rollback" && doing.backTo === "previous";
}

/** Whether all pods are a release's, and may be asked. */
function answers(release: Release, { wished }: LiveObjects): boolean {
  return release.functions.every(({ objectName }) => {
    const deployment = wished.get(`Deployment ${objectName}`);
    if (deployment === undefined) return false;
    return runsAs(runningOf(deployment), release) && rolloutState(deployment).isDone;
  });
}
