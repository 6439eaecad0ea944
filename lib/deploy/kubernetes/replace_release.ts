import { DeployError } from "../deploy_error.ts";
import { type Doing, recordAfter } from "./deployed_releases.ts";
import { freeObjects } from "./free_objects.ts";
import { obsoleteObjects } from "./plan_release.ts";
import { lastGood, putBack } from "./put_back.ts";
import { writeRecord } from "./release_record.ts";
import { removeObject, untilLeft } from "./remove_objects.ts";
import { type ReleaseCluster, runRelease, type RunWish } from "./run_release.ts";

/** What is replaced by what. */
export interface ReplaceWish extends RunWish {
  /** What is done: it is written down before anything else. */
  readonly doing: Doing;
  /** Aborts when it is another's to say what runs. */
  readonly lost: AbortSignal;
}

/**
 * Has a release run in place of what runs; where it does not come to be ready, what ran stands again as it was: of a deploy before that was
 * broken off nothing, but what ran before that.
 *
 * @throws {ClusterError | DeployError} If it is refused, or does not come to be ready.
 */
export async function replaceRelease(act: string, cluster: ReleaseCluster, wish: ReplaceWish): Promise<void> {
  const { objects } = cluster;
  const { release, record, doing, lost } = wish;
  const { current, previous, deployedAt } = record ??
    { current: undefined, previous: undefined, deployedAt: undefined };
  const good = await lastGood(act, objects, record, wish.live);
  await freeObjects(objects, release, wish.live.own); // before anything else: what stands in the record may go wrong
  await writeRecord(objects, release, { current, previous, deployedAt, doing });
  try {
    await runRelease(act, cluster, wish);
  } catch (error) {
    lost.throwIfAborted(); // it is another's to say what runs
    await putBack(act, objects, { ...wish, good }).catch((fault: Error) => {
      lost.throwIfAborted();
      throw new DeployError(act, `${(error as Error).message}; and going back failed: ${fault.message}`, {
        cause: error,
      });
    });
    throw error;
  }
  const now = { ...recordAfter(record, release), deployedAt: new Date().toISOString() };
  const obsolete = obsoleteObjects(wish);
  if (obsolete.length > 0) {
    await writeRecord(objects, release, { ...now, doing: { what: "prune", to: release.revision, backTo: "previous" } });
    if (obsolete.some(({ kind }) => kind === "Deployment")) await untilLeft(objects, release, wish); // who read reads on until then
    for (const object of obsolete) await removeObject(objects, object);
  }
  await writeRecord(objects, release, now);
}
