import { DeployError } from "../deploy_error.ts";
import { ClusterError } from "../cluster/cluster_error.ts";
import { type ClusterObject, nameOf } from "../cluster/cluster_object.ts";
import { type ClusterObjects, FIELD_MANAGER } from "../cluster/cluster_objects.ts";
import { managersOf } from "./applied_fields.ts";
import { type DeployedReleases, recordAfter } from "./deployed_releases.ts";
import { applyOver } from "./hand_over_scale.ts";
import { keyOf, type LiveObjects } from "./live_objects.ts";
import { codeName } from "./objects/code_object.ts";
import { isScalerOf } from "./objects/known_kinds.ts";
import { objectsOf } from "./objects/release_objects.ts";
import { scaleOf } from "./objects/workload_objects.ts";
import { fieldsBeyond } from "./take_fields.ts";
import { differences } from "../objects/differences.ts";
import type { Release } from "./release.ts";
import { checkRecordable, recordName } from "./release_record.ts";

/** What is, and what is wished. */
export interface ReleaseWish {
  readonly release: Release;
  readonly live: LiveObjects;
  /** What was written down. */
  readonly record: DeployedReleases | undefined;
}

/**
 * Asks the cluster what would change, and changes nothing: a line each.
 *
 * @throws {DeployError} With everything that it would refuse, or what of it could not be read again.
 */
export async function planRelease(
  act: string,
  objects: ClusterObjects,
  { force, ...wish }: ReleaseWish & { readonly force: boolean },
): Promise<readonly string[]> {
  checkRecordable(act, wish.release);
  const refused: string[] = [];
  const lines = await Promise.all(
    objectsOf(wish.release).map(async (object) => {
      try {
        return await changesOf(objects, object, {
          before: wish.live.wished.get(keyOf(object)),
          wasScaled: wasScaled(object, wish),
          force,
        });
      } catch (error) {
        if (!(error instanceof ClusterError) || error.status < 400) throw error;
        refused.push(error.message);
        return [];
      }
    }),
  );
  if (refused.length > 0) {
    throw new DeployError(act, `the cluster refuses it, nothing is changed\n  ${refused.join("\n  ")}`);
  }
  return [
    ...lines.flat(),
    ...obsoleteObjects({ ...wish, force }).map(({ apiVersion, kind, metadata: { name } }) =>
      `${nameOf({ apiVersion, kind, name, namespace: wish.release.namespace })}: is removed`
    ),
  ];
}

/** Whether an autoscaler of what runs says how many pods a Deployment has. */
export function wasScaled(
  { kind, metadata: { name } }: ClusterObject,
  { live, record }: Pick<ReleaseWish, "live" | "record">,
): boolean {
  return kind === "Deployment" && (
    live.own.some((object) => isScalerOf(name, object)) ||
    record?.current?.functions.some((fn) => fn.objectName === name && scaleOf(fn) !== undefined) === true
  );
}

async function changesOf(
  objects: ClusterObjects,
  object: ClusterObject,
  { before, ...options }: {
    readonly before: ClusterObject | undefined;
    readonly wasScaled: boolean;
    readonly force: boolean;
  },
): Promise<string[]> {
  const { apiVersion, kind, metadata: { name, namespace = "default" } } = object;
  const said = { apiVersion, kind, namespace, name };
  const after = await applyOver(objects, object, { dryRun: true, ...options });
  if (before === undefined) return [`${nameOf(said)}: new`];
  if (kind === "Deployment" && object.spec.replicas === undefined) after.spec.replicas = before.spec.replicas; // an autoscaler's
  const taken = options.force ? fieldsBeyond(after) : [];
  const lines = taken.flatMap(({ other, paths }) =>
    paths.map((path) => `${path}: is taken back from "${other.manager}"`)
  );
  return [...differences(before, after), ...lines].map((line) => `${nameOf(said)}: ${line}`);
}

/**
 * What the deployment has and does not need, last applied first; the code of what runs, and of what ran before, is kept. What others have made
 * with its labels stays, unless it is forced.
 */
export function obsoleteObjects(
  { force = false, ...wish }: ReleaseWish & { readonly force?: boolean },
): ClusterObject[] {
  return unneeded(wish).filter((object) => force || isMade(object, wish));
}

/** What has its labels, is not needed, and stays since others have made it: a line each. */
export function notesOfOthers(
  { force = false, ...wish }: ReleaseWish & { readonly force?: boolean | undefined },
): string[] {
  if (force) return [];
  return unneeded(wish).filter((object) => !isMade(object, wish)).map((object) => {
    const { apiVersion, kind, metadata: { name } } = object;
    const who = [...new Set(managersOf(object).map(({ manager }) => `"${manager}"`))].join(", ");
    const named = nameOf({ apiVersion, kind, name, namespace: wish.release.namespace });
    return `${named} has its labels, and was written by ${who === "" ? "others" : who}: it stays. Force removes it`;
  });
}

function unneeded({ release, live, record }: ReleaseWish): ClusterObject[] {
  const { current, previous } = recordAfter(record, release);
  const kept = new Set([
    ...objectsOf(release).map(keyOf),
    `ConfigMap ${recordName(release)}`,
    ...[current, previous].filter((one) => one !== undefined).map((one) => `ConfigMap ${codeName(one)}`),
  ]);
  return live.own.filter((object) => object.metadata.deletionTimestamp === undefined && !kept.has(keyOf(object)))
    .toReversed();
}

/** Whether a deploy has made it: labels are copied, as by who makes another of the kind. */
function isMade(object: ClusterObject, { record }: Pick<ReleaseWish, "record">): boolean {
  const written = [record?.current, record?.previous].flatMap((one) => one === undefined ? [] : objectsOf(one));
  return written.some((one) => keyOf(one) === keyOf(object)) ||
    managersOf(object).some(({ manager, operation }) => manager === FIELD_MANAGER && operation === "Apply");
}
