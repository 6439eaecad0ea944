import { DeployError } from "../deploy_error.ts";
import type { DeployPlan } from "../deployment.ts";
import type { ClusterClient } from "../cluster/cluster_client.ts";
import { ClusterError } from "../cluster/cluster_error.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import { CLUSTER_DEADLINE_MS, type ClusterOptions } from "./cluster_options.ts";
import { DeployLease } from "./deploy_lease.ts";
import { FencedObjects } from "./fenced_objects.ts";
import { freeObjects } from "./free_objects.ts";
import { withCode } from "./kept_code.ts";
import { checkOwners, keyOf, type LiveObjects, ownObjects, readLive } from "./live_objects.ts";
import { objectsOf } from "./objects/release_objects.ts";
import { notesOfOthers, planRelease } from "./plan_release.ts";
import { preflight } from "./preflight.ts";
import { notesOf, unseenNotes } from "./release_notes.ts";
import type { Release } from "./release.ts";
import {
  type DeployedReleases,
  namedRecord,
  readRecord,
  recordName,
  type ReleasePlace,
  unreadNotes,
} from "./release_record.ts";
import { removalGroups, removeObjects, waitForGoing } from "./remove_objects.ts";
import { replaceRelease } from "./replace_release.ts";
import { watchFunctions } from "./run_release.ts";
import { unlessGivenUp } from "../unless_given_up.ts";

/** Of what a deployment in a cluster is changed. */
export interface ClusterChangesParts {
  readonly client: ClusterClient;
  readonly objects: ClusterObjects;
  readonly place: ReleasePlace;
  readonly options: ClusterOptions;
  /** Until when, by `performance.now()`. Default: the deadline of the options from now on. */
  readonly endsAt?: number;
}

/** What would change, and what there is. */
interface Compared {
  readonly lines: readonly string[];
  readonly live: LiveObjects;
}

/** What changes a deployment in a cluster, one change at a time. */
export class ClusterChanges {
  readonly #parts: ClusterChangesParts;
  readonly #endsAt: number;

  constructor(parts: ClusterChangesParts) {
    this.#parts = parts;
    this.#endsAt = parts.endsAt ?? performance.now() + (parts.options.deadlineMs ?? CLUSTER_DEADLINE_MS);
  }

  /** What `apply` would change. */
  async plan(act: string, release: Release): Promise<DeployPlan> {
    const { objects, place } = this.#parts;
    await this.#preflight(act, release);
    const record = await readRecord(act, objects, place);
    const { lines, live } = await this.#compare(act, release, record);
    const others = notesOfOthers({ release, live, record, force: this.#parts.options.force });
    const notes = [...unreadNotes(place, record), ...unseenNotes(live.unseen), ...others, ...notesOf(release)];
    return { name: place.name, revision: release.revision, changes: lines, notes };
  }

  /** What `rollback` would change. */
  async planRollback(act: string): Promise<DeployPlan> {
    return await this.plan(act, (await this.#before(act)).previous);
  }

  /** Has a release run; what ran runs on where it does not come to be ready. */
  async apply(act: string, release: Release): Promise<void> {
    const { client, objects, place, options: { signal, onProgress } } = this.#parts;
    await unlessGivenUp(signal, this.#preflight(act, release));
    await using lease = await this.#take(act);
    const record = await unlessGivenUp(signal, readRecord(act, objects, place));
    const compared = await unlessGivenUp(signal, this.#compareStanding(act, lease, { release, record }));
    const isAsWritten = record?.current !== undefined && record.next === undefined && record.unread === undefined;
    if (compared.lines.length > 0 || !isAsWritten) {
      return await this.#replace(act, lease, { release, record, ...compared });
    }
    await freeObjects(new FencedObjects(client, lease), place, compared.live.own);
    const { functions } = release;
    await watchFunctions(act, { client, objects }, { release, functions, endsAt: this.#endsAt, signal, onProgress });
  }

  /** Runs again what ran before. */
  async rollback(act: string): Promise<void> {
    const { signal } = this.#parts.options;
    const { previous: meant } = await unlessGivenUp(signal, this.#before(act));
    await unlessGivenUp(signal, this.#preflight(act, meant));
    await using lease = await this.#take(act);
    const { previous: release, record } = await unlessGivenUp(signal, this.#before(act));
    const compared = await unlessGivenUp(signal, this.#compareStanding(act, lease, { release, record }));
    await this.#replace(act, lease, { release, record, ...compared });
  }

  /** Removes everything that is this deployment's, and waits until it is gone. */
  async delete(act: string): Promise<void> {
    const { client, objects, place, options: { signal } } = this.#parts;
    await using lease = await this.#take(act);
    const record = await readRecord(act, objects, place).catch((error: unknown) => {
      if (error instanceof DeployError) return undefined; // what goes is told by the objects' labels
      throw error;
    });
    const own = await ownObjects(objects, place, { made: runningObjects(record), signal });
    if (own.length === 0) throw missing(act, this.#parts);
    const rest = own.filter((object) => keyOf(object) !== `ConfigMap ${recordName(place)}`);
    const fenced = new FencedObjects(client, lease);
    const groups = removalGroups(rest, record?.current);
    await removeObjects(act, fenced, groups, { endsAt: this.#endsAt, signal: this.#until(lease) });
    if (rest.length < own.length) await fenced.remove(namedRecord(place), { propagation: "Background" });
  }

  async #replace(
    act: string,
    lease: DeployLease,
    wish: { readonly release: Release; readonly record: DeployedReleases | undefined; readonly live: LiveObjects },
  ): Promise<void> {
    const { client, options: { force = false, onProgress } } = this.#parts;
    await replaceRelease(act, { client, objects: new FencedObjects(client, lease) }, {
      ...wish,
      force,
      onProgress,
      endsAt: this.#endsAt,
      signal: this.#until(lease),
      lost: lease.lost,
    });
  }

  async #take(act: string): Promise<DeployLease> {
    const { objects, place, options: { signal, onProgress } } = this.#parts;
    const onWait = (note: string) => onProgress?.({ state: "waiting", function: undefined, url: undefined, note });
    return await DeployLease.take(act, objects, { ...place, signal, onWait });
  }

  #until(lease: DeployLease): AbortSignal {
    const { signal } = this.#parts.options;
    return signal === undefined ? lease.lost : AbortSignal.any([signal, lease.lost]);
  }

  async #before(act: string): Promise<{ previous: Release; record: DeployedReleases }> {
    const { objects, place } = this.#parts;
    const record = await readRecord(act, objects, place);
    if (record === undefined) {
      const own = await ownObjects(objects, place, { made: [] });
      if (own.length === 0) throw missing(act, this.#parts);
      throw new DeployError(
        act,
        `nobody wrote down what ran before: ConfigMap ${place.namespace}/${
          recordName(place)
        } is gone. Deploy what is to run`,
      );
    }
    const { previous, current, next, unread } = record;
    const meant = next === undefined ? previous : current; // a deploy that was broken off is taken back
    if (meant === undefined && unread !== undefined) {
      throw new DeployError(act, `${unreadNotes(place, record).join()}. Deploy what is to run`);
    }
    if (meant === undefined) throw new DeployError(act, "there is no revision before this one");
    return { previous: await withCode(act, objects, meant), record };
  }

  /** What would change, after a look at whose all that is. */
  async #compare(
    act: string,
    release: Release,
    record: DeployedReleases | undefined,
  ): Promise<Compared> {
    const { objects, place, options: { force = false } } = this.#parts;
    const wished = objectsOf(release);
    const live = await readLive(objects, place, wished, { made: [...wished, ...runningObjects(record)] });
    checkOwners(act, live, { place, force });
    return { live, lines: await planRelease(act, objects, { release, live, record, force }) };
  }

  /** The same, when what an earlier deploy has removed is gone. */
  async #compareStanding(
    act: string,
    lease: DeployLease,
    { release, record }: { readonly release: Release; readonly record: DeployedReleases | undefined },
  ): Promise<Compared> {
    const wish = { endsAt: this.#endsAt, signal: this.#until(lease) };
    await waitForGoing(act, this.#parts.objects, objectsOf(release), wish);
    return await this.#compare(act, release, record);
  }

  async #preflight(act: string, release: Release): Promise<void> {
    const { client, objects, place } = this.#parts;
    const running = async () =>
      runningObjects(
        await readRecord(act, objects, place).catch((error: unknown) => {
          if (error instanceof ClusterError && error.status === 403) return undefined; // that right is asked for too
          throw error;
        }),
      );
    await preflight(act, { client, objects }, { release, wished: objectsOf(release), running });
  }
}

/** What runs, as it is written down. */
function runningObjects(record: DeployedReleases | undefined): ClusterObject[] {
  return record?.current === undefined ? [] : objectsOf(record.current);
}

/** There is no such deployment. */
export function missing(act: string, { client, place }: Pick<ClusterChangesParts, "client" | "place">): DeployError {
  return new DeployError(
    act,
    `there is no such deployment in namespace "${place.namespace}" of cluster "${client.access.name}"`,
  );
}
