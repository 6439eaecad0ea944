import { DeployError } from "../deploy_error.ts";
import type { ClusterObject, OwnerReference } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { CODE_KEY, codeName } from "./objects/code_object.ts";
import { labelsOf } from "./objects/labels.ts";
import type { Release } from "./release.ts";

/** What is deployed. */
export interface DeployedReleases {
  /** What runs; undefined before the first is ready. */
  readonly current: Release | undefined;
  /** What ran before, and runs again after a rollback. */
  readonly previous: Release | undefined;
  /** ISO 8601; of the current one. */
  readonly deployedAt: string | undefined;
  /** The revision that is being deployed, or whose deploy was broken off. */
  readonly next?: string | undefined;
}

/** The same as the cluster keeps it: in a ConfigMap that owns all other objects, so that they go with it. */
export interface ReleaseRecord extends DeployedReleases {
  readonly owner: OwnerReference;
}

/** A deployment by its name. */
export type ReleasePlace = Pick<Release, "name" | "namespace">;

type Written =
  & { readonly levada: "release/1" }
  & { readonly [Name in keyof DeployedReleases]?: DeployedReleases[Name] };

const KEY = "release.json";
const SUFFIX = "-release";

/**
 * Reads what is deployed; undefined where nothing is.
 *
 * @throws {DeployError} If there is something of that name that is none of ours, or of another version.
 */
export async function readRecord(
  act: string,
  objects: ClusterObjects,
  place: ReleasePlace,
): Promise<ReleaseRecord | undefined> {
  const object = await objects.read(named(place));
  if (object === undefined) return undefined;
  const { current, previous, deployedAt, next } = parse(act, object);
  return {
    owner: ownerOf(object),
    deployedAt,
    next,
    current: await withCode(objects, current),
    previous: await withCode(objects, previous),
  };
}

/** Writes what is deployed. */
export async function writeRecord(
  objects: ClusterObjects,
  place: ReleasePlace,
  { current, previous, deployedAt, next }: DeployedReleases,
): Promise<ReleaseRecord> {
  const written: Written = {
    levada: "release/1",
    deployedAt,
    next,
    current: current && withoutCode(current),
    previous: previous && withoutCode(previous),
  };
  const object = await objects.apply({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: recordName(place), namespace: place.namespace, labels: labelsOf(place) },
    data: { [KEY]: JSON.stringify(written) },
  }, { force: true });
  return { owner: ownerOf(object), current, previous, deployedAt, next };
}

/** Removes it, and all that it owns. */
export async function removeRecord(objects: ClusterObjects, place: ReleasePlace): Promise<void> {
  await objects.remove(named(place));
}

/** The names of all deployments in a namespace. */
export async function recordedNames(objects: ClusterObjects, namespace: string): Promise<string[]> {
  const labels = { "app.kubernetes.io/managed-by": "levada" };
  const configs = await objects.list({ apiVersion: "v1", kind: "ConfigMap", namespace, labels });
  return configs.flatMap(({ data, metadata: { name } }) =>
    data?.[KEY] !== undefined && name.endsWith(SUFFIX) ? [name.slice(0, -SUFFIX.length)] : []
  );
}

/** The name of the object. */
export function recordName({ name }: Pick<ReleasePlace, "name">): string {
  return `${name}${SUFFIX}`;
}

function named(place: ReleasePlace) {
  return { apiVersion: "v1", kind: "ConfigMap", namespace: place.namespace, name: recordName(place) };
}

function ownerOf({ metadata: { name, uid } }: ClusterObject): OwnerReference {
  return { apiVersion: "v1", kind: "ConfigMap", name, uid: uid! };
}

function parse(act: string, { data = {}, metadata: { name, namespace } }: ClusterObject): Written {
  try {
    const written = JSON.parse(data[KEY]) as Written;
    if (written.levada === "release/1") return written;
  } catch { /* told below */ }
  throw new DeployError(
    act,
    `ConfigMap ${namespace}/${name} says nothing that this version of Levada reads. Was it changed by hand, or written by a newer one?`,
  );
}

function withoutCode(release: Release): Release {
  return release.code.kind === "config" ? { ...release, code: { kind: "config", archive: "" } } : release;
}

/** With the code, which stands in a ConfigMap of its own; undefined where that is gone. */
async function withCode(objects: ClusterObjects, release: Release | undefined): Promise<Release | undefined> {
  if (release?.code.kind !== "config") return release;
  const { namespace } = release;
  const code = await objects.read({ apiVersion: "v1", kind: "ConfigMap", namespace, name: codeName(release) });
  const archive = code?.binaryData?.[CODE_KEY];
  return archive === undefined ? undefined : { ...release, code: { kind: "config", archive } };
}
