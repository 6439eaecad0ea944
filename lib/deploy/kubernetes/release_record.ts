import { MANAGED_LABEL } from "../objects/managed_label.ts";
import { isDeepStrictEqual } from "node:util";
import { DeployError } from "../deploy_error.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import type { DeployedReleases } from "./deployed_releases.ts";
import { labelsOf, PART_LABEL, TARGET, TARGET_LABEL } from "./objects/labels.ts";
import { parseRecord } from "./record_schema.ts";
import type { Release, ReleasePlace } from "./release.ts";
import { strangerOf } from "./stranger_of.ts";

const KEY = "release.json";
const SUFFIX = "-release";
const LARGEST_RELEASE = 500_000; // a ConfigMap has a MiB, and two of them stand in it

/**
 * Reads what was deployed; undefined where nobody has written it down.
 *
 * @throws {DeployError} If there is something of that name that is somebody else's.
 */
export async function readRecord(
  act: string,
  objects: ClusterObjects,
  place: ReleasePlace,
): Promise<DeployedReleases | undefined> {
  const object = await objects.read(namedRecord(place));
  if (object === undefined) return undefined;
  const stranger = strangerOf(object, place);
  if (stranger === undefined) return parseRecord(object.data?.[KEY], place);
  throw new DeployError(
    act,
    `what is deployed is written down in ConfigMap ${place.namespace}/${
      recordName(place)
    }, and one of others is there: ${stranger.whose}. Name the function otherwise`,
  );
}

/** What of a record cannot be read, for people: a line, or none. */
export function unreadNotes(place: ReleasePlace, record: Pick<DeployedReleases, "unread"> | undefined): string[] {
  if (record?.unread === undefined) return [];
  const where = `ConfigMap ${place.namespace}/${recordName(place)}`;
  return [
    `what was written down of earlier deploys in ${where} cannot be read (${record.unread}): what runs is told by its objects, and a deploy writes it anew`,
  ];
}

/** Writes what is deployed. */
export async function writeRecord(
  objects: ClusterObjects,
  place: ReleasePlace,
  releases: DeployedReleases,
): Promise<void> {
  await objects.apply({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: recordName(place),
      namespace: place.namespace,
      labels: { ...labelsOf(place), [TARGET_LABEL]: TARGET },
    },
    data: { [KEY]: textOf(releases) },
  }, { force: true });
}

/**
 * Returns where what would be written of a release has room, and is what is read again.
 *
 * @throws {DeployError} With what is not.
 */
export function checkRecordable(act: string, release: Release): void {
  const text = textOf({ current: release, previous: undefined, deployedAt: undefined });
  const size = new TextEncoder().encode(text).length;
  if (size > LARGEST_RELEASE) {
    throw new DeployError(
      act,
      `what it says of itself has ${size} bytes, without its code, and ${LARGEST_RELEASE} at most are written down of it in ConfigMap ${
        recordName(release)
      }; nothing is changed. What is large in it, such as env, comes from a ConfigMap or Secret of yours: cluster: { envFrom }, or from a file`,
    );
  }
  const { unread } = parseRecord(text, release);
  if (unread === undefined) return;
  throw new DeployError(act, `it cannot be written down so that it is read again, nothing is changed: ${unread}`);
}

function textOf({ current, previous, deployedAt, doing }: DeployedReleases): string {
  return JSON.stringify({
    levada: "release/1",
    deployedAt,
    doing,
    current: current && withoutCode(current),
    previous: previous && withoutCode(previous),
  });
}

/** Whether it is written down that a release runs, as it would be today, and that nothing else is to be done. */
export function isWrittenAs(record: DeployedReleases | undefined, release: Release): boolean {
  if (record === undefined || record.doing !== undefined || record.unread !== undefined) return false;
  const { current } = parseRecord(textOf({ current: release, previous: undefined, deployedAt: undefined }), release);
  const written = parseRecord(textOf(record), release).current;
  return isDeepStrictEqual(written, current);
}

/** The names of all deployments in a namespace: of those that run, and those that are written down. */
export async function deployedNames(objects: ClusterObjects, namespace: string): Promise<string[]> {
  const where = { namespace, labels: { [MANAGED_LABEL]: "levada" } };
  const [deployments, configs] = await Promise.all([
    objects.list({ apiVersion: "apps/v1", kind: "Deployment", ...where }),
    objects.list({ apiVersion: "v1", kind: "ConfigMap", ...where }),
  ]);
  const records = configs.filter(({ data, metadata }) => data?.[KEY] !== undefined && metadata.name.endsWith(SUFFIX));
  const own = [...records, ...deployments].flatMap((object) => nameIn(object) ?? []);
  return [...new Set(own)].sort();
}

function nameIn(object: ClusterObject): string | undefined {
  const name = object.metadata.labels?.[PART_LABEL];
  return name !== undefined && strangerOf(object, { name }) === undefined ? name : undefined;
}

/** The name of the object. */
export function recordName({ name }: Pick<ReleasePlace, "name">): string {
  return `${name}${SUFFIX}`;
}

/** The same for who asks for it. */
export function namedRecord(place: ReleasePlace) {
  return { apiVersion: "v1", kind: "ConfigMap", namespace: place.namespace, name: recordName(place) };
}

/** A release as it is written down. */
export function withoutCode(release: Release): Release {
  return release.code.kind === "config" ? { ...release, code: { kind: "config", archive: "" } } : release;
}
