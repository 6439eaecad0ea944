import { isDeepStrictEqual } from "node:util";
import { DeployError } from "../deploy_error.ts";
import { ClusterError } from "../cluster/cluster_error.ts";
import { type ClusterObject, nameOf, type ObjectKind, type ObjectName } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { applyOver } from "./hand_over_scale.ts";
import { codeName } from "./objects/code_object.ts";
import { differences } from "../objects/differences.ts";
import { labelsOf } from "./objects/labels.ts";
import { knownKinds } from "./objects/known_kinds.ts";
import type { Release } from "./release.ts";
import { recordName, type ReleaseRecord } from "./release_record.ts";

/** What is, and what is wished. */
export interface ReleaseWish {
  /** Everything that is to be there. */
  readonly wished: readonly ClusterObject[];
  /** What runs, and ran: its code is kept. */
  readonly record: Pick<ReleaseRecord, "current" | "previous"> | undefined;
}

/**
 * Asks the cluster what would change, and changes nothing: a line each.
 *
 * @throws {DeployError} With everything that it would refuse.
 */
export async function planRelease(
  act: string,
  objects: ClusterObjects,
  { release, wished, record, force }: ReleaseWish & { readonly release: Release; readonly force: boolean },
): Promise<readonly string[]> {
  const refused: string[] = [];
  const lines = await Promise.all(wished.map(async (object) => {
    try {
      return await changesOf(objects, object, { before: record?.current, force });
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status < 400) throw error;
      refused.push(error.message);
      return [];
    }
  }));
  if (refused.length > 0) {
    throw new DeployError(act, `the cluster refuses it, nothing is changed\n  ${refused.join("\n  ")}`);
  }
  const obsolete = await obsoleteObjects(objects, release, {
    wished,
    record: recordAfter(record, release),
  });
  return [...lines.flat(), ...obsolete.map((name) => `${nameOf(name)}: is removed`)];
}

/** What runs and what ran before, once a release runs; the same again is no other. */
export function recordAfter(
  record: ReleaseWish["record"],
  release: Release,
): Pick<ReleaseRecord, "current" | "previous"> {
  const { current: before, previous } = record ?? { current: undefined, previous: undefined };
  return { current: release, previous: isDeepStrictEqual(before, release) ? previous : before ?? previous };
}

async function changesOf(
  objects: ClusterObjects,
  object: ClusterObject,
  options: { readonly before: Release | undefined; readonly force: boolean },
): Promise<string[]> {
  const { apiVersion, kind, metadata: { name, namespace = "default" } } = object;
  const said = { apiVersion, kind, namespace, name };
  const [before, after] = await Promise.all([
    objects.read(said),
    applyOver(objects, object, { dryRun: true, ...options }),
  ]);
  if (before === undefined) return [`${nameOf(said)}: new`];
  if (kind === "Deployment" && object.spec.replicas === undefined) after.spec.replicas = before.spec.replicas; // an autoscaler's
  return differences(before, after).map((line) => `${nameOf(said)}: ${line}`);
}

/** What the deployment has and does not need; the code of what runs, and of what ran before, is kept. */
export async function obsoleteObjects(
  objects: ClusterObjects,
  { name, namespace }: Pick<Release, "name" | "namespace">,
  { wished, record }: ReleaseWish,
): Promise<ObjectName[]> {
  const kept = new Set([
    ...wished.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    `ConfigMap ${recordName({ name })}`,
    ...[record?.current, record?.previous].filter((one) => one !== undefined).map((one) =>
      `ConfigMap ${codeName(one)}`
    ),
  ]);
  const isUsed = ({ kind }: ObjectKind) => wished.some((object) => object.kind === kind);
  const there = await Promise.all((await knownKinds(objects)).map(async (kind) => {
    try {
      return await objects.list({ ...kind, namespace, labels: labelsOf({ name }) });
    } catch (error) {
      if (!isUsed(kind) && error instanceof ClusterError && error.status === 403) return []; // who may not see one has made none
      throw error;
    }
  }));
  return there.flat()
    .filter(({ kind, metadata }) => metadata.deletionTimestamp === undefined && !kept.has(`${kind} ${metadata.name}`))
    .map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, namespace, name: metadata.name }));
}
