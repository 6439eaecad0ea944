import { DeployError } from "../deploy_error.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { goBack } from "./go_back.ts";
import { TARGET, TARGET_LABEL } from "./objects/labels.ts";
import { obsoleteObjects, recordAfter } from "./plan_release.ts";
import { namedRecord, recordName, writeRecord } from "./release_record.ts";
import { removeObject } from "./remove_objects.ts";
import { type ReleaseCluster, runRelease, type RunWish } from "./run_release.ts";

/** What is replaced by what. */
export interface ReplaceWish extends RunWish {
  /** Aborts when it is another's to say what runs. */
  readonly lost: AbortSignal;
}

/**
 * Has a release run in place of what runs; where it does not come to be ready, what ran stands again as it was.
 *
 * @throws {ClusterError | DeployError} If it is refused, or does not come to be ready.
 */
export async function replaceRelease(act: string, cluster: ReleaseCluster, wish: ReplaceWish): Promise<void> {
  const { objects } = cluster;
  const { release, record, lost } = wish;
  const { current, previous, deployedAt } = record ??
    { current: undefined, previous: undefined, deployedAt: undefined };
  await writeRecord(objects, release, { current, previous, deployedAt, next: release.revision });
  try {
    await runRelease(act, cluster, wish);
  } catch (error) {
    lost.throwIfAborted(); // it is another's to say what runs
    await putBack(act, objects, wish).catch((fault: Error) => {
      lost.throwIfAborted();
      throw new DeployError(act, `${(error as Error).message}; and going back failed: ${fault.message}`, {
        cause: error,
      });
    });
    throw error;
  }
  const now = { ...recordAfter(record, release), deployedAt: new Date().toISOString() };
  await writeRecord(objects, release, now);
  for (const object of obsoleteObjects(wish)) await removeObject(objects, object);
  await freeKept(objects, wish);
}

async function putBack(act: string, objects: ClusterObjects, { release, live, record, force }: ReplaceWish) {
  const onStanding = async () => {
    if (record === undefined) await objects.remove(namedRecord(release), { propagation: "Background" });
    else await writeRecord(objects, release, record);
  };
  await goBack(act, objects, { release, live, force, onStanding });
}

/** What is kept of an earlier Levada went with its record; it is nobody's any more. */
async function freeKept(objects: ClusterObjects, { live, release, ...wish }: ReplaceWish): Promise<void> {
  const gone = obsoleteObjects({ live, release, ...wish });
  const owned = live.own.filter((object) =>
    object.kind === "ConfigMap" && !gone.includes(object) && !live.wished.has(`ConfigMap ${object.metadata.name}`) &&
    object.metadata.ownerReferences?.some(({ name }) => name === recordName(release)) === true
  );
  for (const { apiVersion, kind, metadata: { name, labels }, immutable, binaryData } of owned) {
    await objects.apply({
      apiVersion,
      kind,
      metadata: { name, namespace: release.namespace, labels: { ...labels, [TARGET_LABEL]: TARGET } },
      immutable,
      binaryData,
    }, { force: true });
  }
}
