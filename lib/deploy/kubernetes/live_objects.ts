import { DeployError } from "../deploy_error.ts";
import { ClusterError } from "../cluster/cluster_error.ts";
import { type ClusterObject, nameOf, type ObjectKind } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { knownKinds } from "./objects/known_kinds.ts";
import { labelsOf } from "./objects/labels.ts";
import type { ReleasePlace } from "./release.ts";
import { strangerOf } from "./stranger_of.ts";

/** What there is before something is changed. */
export interface LiveObjects {
  /** Those that are to be there, as they are; by `keyOf`. */
  readonly wished: ReadonlyMap<string, ClusterObject>;
  /** All that is this deployment's. */
  readonly own: readonly ClusterObject[];
  /** Kinds of which who asks may not see any. */
  readonly unseen?: readonly ObjectKind[];
}

/** Kind and name. */
export function keyOf({ kind, metadata: { name } }: ClusterObject): string {
  return `${kind} ${name}`;
}

/** Whether it is removed already, and waits for what it owns, or for whoever holds it. */
export function isGoing({ metadata: { deletionTimestamp } }: ClusterObject): boolean {
  return deletionTimestamp !== undefined;
}

/** Looks what there is; what is going is not there any more. */
export async function readLive(
  objects: ClusterObjects,
  place: ReleasePlace,
  wished: readonly ClusterObject[],
  { made = wished }: { readonly made?: readonly ObjectKind[] } = {},
): Promise<LiveObjects> {
  const unseen: ObjectKind[] = [];
  const [own, there] = await Promise.all([
    ownObjects(objects, place, { made, onUnseen: (kind) => unseen.push(kind) }),
    Promise.all(
      wished.map(({ apiVersion, kind, metadata: { name } }) =>
        objects.read({ apiVersion, kind, namespace: place.namespace, name })
      ),
    ),
  ]);
  const found = there.filter((object) => object !== undefined).filter((object) => !isGoing(object)); // a word to it goes with it
  return { own, unseen, wished: new Map(found.map((object) => [keyOf(object), object])) };
}

/**
 * Everything that is this deployment's, by its labels.
 *
 * @param options.made Kinds that it has made; of others those that who asks may not see are left out, and told to `onUnseen`.
 */
export async function ownObjects(
  objects: ClusterObjects,
  place: ReleasePlace,
  { made, signal, onUnseen }: {
    readonly made: readonly ObjectKind[];
    readonly signal?: AbortSignal | undefined;
    readonly onUnseen?: (kind: ObjectKind) => void;
  },
): Promise<ClusterObject[]> {
  const isMade = ({ kind }: ObjectKind) => made.some((one) => one.kind === kind);
  const there = await Promise.all((await knownKinds(objects)).map(async (kind) => {
    try {
      return await objects.list({ ...kind, namespace: place.namespace, labels: labelsOf(place) }, signal);
    } catch (error) {
      if (isMade(kind) || !(error instanceof ClusterError) || error.status !== 403) throw error;
      onUnseen?.(kind);
      return [];
    }
  }));
  return there.flat().filter((object) => strangerOf(object, place) === undefined);
}

/**
 * Returns where no object that is to be there is somebody else's.
 *
 * @throws {DeployError} With each that is, and whose.
 */
export function checkOwners(
  act: string,
  { wished }: LiveObjects,
  { place, force }: { readonly place: ReleasePlace; readonly force: boolean },
): void {
  const told = [...wished.values()].flatMap((object) => {
    const stranger = strangerOf(object, place);
    if (stranger === undefined || (force && stranger.isTakable)) return [];
    const { apiVersion, kind, metadata: { name } } = object;
    const cure = stranger.isTakable
      ? "Force takes it over, and `delete` removes it then"
      : "Name the function otherwise";
    return [`${nameOf({ apiVersion, kind, name, namespace: place.namespace })} is there: ${stranger.whose}. ${cure}`];
  });
  if (told.length > 0) {
    throw new DeployError(act, `objects of others have its names, nothing is changed\n  ${told.join("\n  ")}`);
  }
}
